import { Tokenizer, type Token } from 'cborg';
import { utf8ToText } from '../bytes/index.ts';

const MARK = [0xef, 0xbb, 0xbf] as const;
const isMarkAt = (data: Uint8Array, at: number): boolean => MARK.every((byte, i) => data[at + i] === byte);

/** Whether these bytes hold a byte order mark anywhere; nearly none do. */
export const holdsMark = (data: Uint8Array): boolean => {
  for (let at = data.indexOf(MARK[0]); at !== -1; at = data.indexOf(MARK[0], at + 1))
    if (isMarkAt(data, at)) return true;
  return false;
};

/** cborg drops a byte order mark at the beginning of a text. Here it is a character like any other: texts are kept whole. */
export class WholeTexts extends Tokenizer {
  constructor(data: Uint8Array, options: ConstructorParameters<typeof Tokenizer>[1]) {
    super(data, { ...options, retainStringBytes: true });
  }
  override next(): Token {
    const token = super.next();
    if (token.byteValue !== undefined && isMarkAt(token.byteValue, 0)) token.value = utf8ToText(token.byteValue);
    return token;
  }
}
