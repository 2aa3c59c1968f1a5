import { t } from '../../words/index.ts';
import { Button } from '../../ui/button.tsx';

/** The same on both screens, or somebody stands between. */
export function FourWords({
  words,
  busy,
  onMatch,
  onDiffer,
}: {
  words: readonly string[];
  busy: boolean;
  onMatch: () => void;
  onDiffer: () => void;
}) {
  return (
    <>
      <div className="stack-tight">
        <h2>{t.devices.compare}</h2>
        <p className="soft">{t.devices.compareHint}</p>
      </div>
      <ol className="words words-four" aria-label={t.devices.words} dir="ltr">
        {words.map((word, index) => (
          <li key={index}>{word}</li>
        ))}
      </ol>
      <div className="row row-end">
        <Button onPress={onDiffer} isDisabled={busy}>
          {t.devices.differ}
        </Button>
        <Button look="main" onPress={onMatch} isDisabled={busy}>
          {t.devices.match}
        </Button>
      </div>
    </>
  );
}
