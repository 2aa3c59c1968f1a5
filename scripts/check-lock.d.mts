export const lockProblems: (text: string) => readonly string[];
