// How much of the past a device has: chosen when it is linked. Headers always come, as the log is one; contents of lines
// from before do not.
import { CONTENT_KINDS } from '../conversation/index.ts';
import { decodeHeader, MINUTE_MS, type LogObject } from '../log/index.ts';

/** What a person wrote. Names and what ends a conversation are needed whatever their age. */
const LINES: ReadonlySet<number> = new Set([CONTENT_KINDS.text, CONTENT_KINDS.edit, CONTENT_KINDS.reaction]);

/** `from`: milliseconds; 0: all of the past. */
export const withoutOldContents = (objects: readonly LogObject[], from: number): readonly LogObject[] =>
  from === 0
    ? objects
    : objects.map((object) => {
        if (object.type !== 'event' || object.content === null) return object;
        const header = decodeHeader(object.header);
        const isOld = header !== undefined && LINES.has(header.contentKind) && (header.time + 1) * MINUTE_MS <= from;
        return isOld ? { ...object, content: null } : object;
      });
