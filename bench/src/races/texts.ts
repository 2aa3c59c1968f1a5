// The texts of the works: 1,024 ASCII characters that begin with the run and their number; an acknowledgement has 16. What follows
// is talk: a text that said the same few words again and again would make an index of words look cheap.
import { numbers, textOf } from '../words.ts';

const TEXT_LENGTH = 1024;
const ACK_LENGTH = 16;
const next = numbers(7);
const talk = (): string => {
  let said = '';
  while (said.length < TEXT_LENGTH) said += `${textOf(next)}. `;
  return said;
};
/** Taken in turn, by the number of a text. */
const FILLERS = Array.from({ length: 251 }, talk);
const fillerOf = (number: number): string => FILLERS[number % FILLERS.length] as string;
const FORM = /^([ta])(\d{3})\.(\d{7}) /;

const head = (kind: 't' | 'a', run: number, number: number): string =>
  `${kind}${String(run).padStart(3, '0')}.${String(number).padStart(7, '0')} `;
/** What a text of the works begins with, whatever else it says. */
export const headOf = (run: number, number: number): string => head('t', run, number);
export const newText = (run: number, number: number): string =>
  (head('t', run, number) + fillerOf(number)).slice(0, TEXT_LENGTH);
export const ackText = (run: number, number: number): string =>
  (head('a', run, number) + fillerOf(number)).slice(0, ACK_LENGTH);

export interface ReadText {
  readonly isAck: boolean;
  readonly run: number;
  readonly number: number;
}
export const readText = (text: string): ReadText | undefined => {
  const found = FORM.exec(text);
  return found === null ? undefined : { isAck: found[1] === 'a', run: Number(found[2]), number: Number(found[3]) };
};
