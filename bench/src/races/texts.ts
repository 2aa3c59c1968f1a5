// The texts of the works: 1,024 ASCII characters that begin with the run and their number; an acknowledgement has 16.

const TEXT_LENGTH = 1024;
const ACK_LENGTH = 16;
const FILLER = 'shall we say half past seven, at the usual place? '.repeat(21);
const FORM = /^([ta])(\d{3})\.(\d{7}) /;

const head = (kind: 't' | 'a', run: number, number: number): string =>
  `${kind}${String(run).padStart(3, '0')}.${String(number).padStart(7, '0')} `;
/** What a text of the works begins with, whatever else it says. */
export const headOf = (run: number, number: number): string => head('t', run, number);
export const newText = (run: number, number: number): string => (head('t', run, number) + FILLER).slice(0, TEXT_LENGTH);
export const ackText = (run: number, number: number): string => (head('a', run, number) + FILLER).slice(0, ACK_LENGTH);

export interface ReadText {
  readonly isAck: boolean;
  readonly run: number;
  readonly number: number;
}
export const readText = (text: string): ReadText | undefined => {
  const found = FORM.exec(text);
  return found === null ? undefined : { isAck: found[1] === 'a', run: Number(found[2]), number: Number(found[3]) };
};
