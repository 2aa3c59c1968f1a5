import { useEffect, useState } from 'react';

const HUES = 8;

/** A hue from a name, the same at every start. */
const hueOf = (text: string): number =>
  [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7) % HUES;

const initialsOf = (name: string): string => {
  const words = name.trim().split(/\s+/u);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toLocaleUpperCase();
};

/** The picture a person chose, else initials. Decoration: the name always stands beside it. */
export function Avatar({
  name,
  picture,
  large = false,
  ring = null,
}: {
  name: string;
  picture: Uint8Array | null;
  large?: boolean;
  /** The hue of the context it stands in. */
  ring?: number | null;
}) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (picture === null) {
      setUrl(null);
      return;
    }
    const made = URL.createObjectURL(new Blob([new Uint8Array(picture)]));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return (
    <span
      className={large ? 'avatar avatar-large' : 'avatar'}
      data-hue={hueOf(name)}
      data-context-hue={ring}
      aria-hidden="true"
    >
      {url === null ? initialsOf(name) : <img src={url} alt="" />}
    </span>
  );
}
