// A client whose process ends in the middle of a race.
export const openClient = (): never => process.exit(3);
