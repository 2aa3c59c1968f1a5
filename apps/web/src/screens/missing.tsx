import type { ProblemCode } from '../app/problem.ts';
import { Button } from '../ui/button.tsx';
import { Mark } from '../ui/drawing.tsx';
import { t } from '../words/index.ts';

/** Shown before anything can be typed: nothing has begun yet, so nothing can be lost. */
export function Missing({ features }: { features: readonly string[] }) {
  return (
    <main className="welcome" tabIndex={0}>
      <div className="welcome-body">
        <div className="welcome-head">
          <Mark />
          <h1>{t.missing.title}</h1>
          <p>{t.missing.intro}</p>
        </div>
        <ul className="stack-tight" data-testid="missing">
          {features.map((feature) => (
            <li key={feature} className="card">
              {t.missing.features[feature] ?? t.missing.features['other']}
            </li>
          ))}
        </ul>
        <h2>{t.missing.next}</h2>
        <ul className="stack-tight">
          {t.missing.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ul>
      </div>
    </main>
  );
}

export function CouldNotStart({ problem }: { problem: ProblemCode }) {
  const { message, next } = t.errors[problem];
  return (
    <main className="welcome">
      <div className="welcome-body">
        <div className="welcome-head">
          <Mark />
          <h1>{t.missing.failedTitle}</h1>
          <p>{message}</p>
          <p>{next}</p>
          <p className="soft">{t.missing.failedIntro}</p>
        </div>
        <Button look="main" onPress={() => location.reload()}>
          {t.common.tryAgain}
        </Button>
      </div>
    </main>
  );
}

/** The browser threw away what was here: said before anything new is begun, because nothing can bring it back. */
export function Evicted({ onGoOn }: { onGoOn: () => void }) {
  return (
    <main className="welcome">
      <div className="welcome-body">
        <div className="welcome-head">
          <Mark />
          <h1>{t.missing.evictedTitle}</h1>
          <p>{t.missing.evicted}</p>
        </div>
        <Button look="main" onPress={onGoOn}>
          {t.missing.evictedGoOn}
        </Button>
      </div>
    </main>
  );
}
