// Frames of the floor of the works, for both ends.

export const FLOOR = { hello: 1, text: 2, join: 3, all: 4, taken: 5 } as const;

export const frameOf = (operation: number, name: string, text: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(2 + name.length + text.length);
  frame[0] = operation;
  frame[1] = name.length;
  frame.write(name, 2, 'latin1');
  frame.set(text, 2 + name.length);
  return frame;
};
