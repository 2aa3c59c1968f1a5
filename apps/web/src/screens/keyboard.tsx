import { isApple, isStandalone, SHORTCUTS } from '../app/shortcuts.ts';
import { Modal } from '../ui/modal.tsx';
import { t } from '../words/index.ts';

type Action = keyof typeof t.keyboard.actions;

const here: readonly {
  readonly group: 'list' | 'conversation' | 'composer';
  readonly rows: readonly (readonly [Action, readonly string[]])[];
}[] = [
  {
    group: 'list',
    rows: [
      ['move', ['↑', '↓']],
      ['ends', ['Home', 'End']],
      ['open', ['Enter']],
    ],
  },
  {
    group: 'conversation',
    rows: [
      ['reply', ['R']],
      ['react', ['E']],
      ['copy', ['C']],
      ['composer', ['Esc']],
    ],
  },
  {
    group: 'composer',
    rows: [
      ['send', ['Enter']],
      ['newline', ['Shift+Enter']],
      ['editLast', ['↑']],
      ['cancel', ['Esc']],
    ],
  },
];

const shown = (keys: string): string =>
  keys
    .replace('Mod', isApple ? '⌘' : 'Ctrl')
    .replace('Alt', isApple ? '⌥' : 'Alt')
    .replace('ArrowUp', '↑')
    .replace('ArrowDown', '↓')
    .replace('+1', '+1–9');

function Rows({ rows }: { rows: readonly (readonly [Action, readonly string[]])[] }) {
  return (
    <dl className="keys">
      {rows.map(([action, keys]) => (
        <div key={action} className="keys-row">
          <dt>{t.keyboard.actions[action]}</dt>
          <dd>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Keyboard({ onClose }: { onClose: () => void }) {
  const standalone = isStandalone();
  const everywhere = new Map<Action, string[]>();
  for (const { keys, command, standalone: only } of SHORTCUTS) {
    if (only === true && !standalone) continue;
    everywhere.set(command, [...(everywhere.get(command) ?? []), shown(keys)]);
  }
  return (
    <Modal title={t.keyboard.title} onClose={onClose} wide>
      <section className="stack-tight">
        <h3>{t.keyboard.groups.everywhere}</h3>
        <Rows rows={[...everywhere]} />
      </section>
      {here.map(({ group, rows }) => (
        <section key={group} className="stack-tight">
          <h3>{t.keyboard.groups[group]}</h3>
          <Rows rows={rows} />
        </section>
      ))}
      <p className="hint">{t.keyboard.note}</p>
    </Modal>
  );
}
