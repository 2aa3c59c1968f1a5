// Contexts in the settings: the one place where they begin. Whoever has none is told of them nowhere else.
import type { ContextView } from '@kith/core/client';
import { useState } from 'react';
import { announce } from '../../app/announce.tsx';
import { none, useAction, useKith, useQuery } from '../../app/kith.tsx';
import { Button } from '../../ui/button.tsx';
import { ContextMark } from '../../ui/context-mark.tsx';
import { Choices, Field } from '../../ui/field.tsx';
import { Modal } from '../../ui/modal.tsx';
import { Problem } from '../../ui/note.tsx';
import { Loaded } from '../../ui/page.tsx';
import { t } from '../../words/index.ts';

/** A new one, or one that is changed. */
function Edit({ context, onClose }: { context: ContextView | null; onClose: () => void }) {
  const kith = useKith();
  const [label, setLabel] = useState(context?.label ?? '');
  const [name, setName] = useState(context?.name ?? '');
  const [hue, setHue] = useState(context?.hue ?? null);
  const save = useAction(async () => {
    const values = { label: label.trim(), name: name.trim(), ...(hue === null ? {} : { hue }) };
    await (context === null
      ? kith.call('context.create', values)
      : kith.call('context.change', { context: context.context, ...values }));
    announce(t.common.saved);
    onClose();
  });
  const remove = useAction(async () => {
    if (context === null) return;
    await kith.call('context.remove', { context: context.context });
    announce(t.contexts.removed);
    onClose();
  });
  return (
    <Modal title={context === null ? t.contexts.add : t.contexts.changeTitle(context.label)} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (label.trim() !== '') save.run();
        }}
      >
        <Field
          label={t.contexts.label}
          hint={t.contexts.labelHint}
          value={label}
          onChange={setLabel}
          maxLength={64}
          autoFocus
        />
        <Field
          label={t.contexts.name}
          hint={t.contexts.nameHint}
          value={name}
          onChange={setName}
          maxLength={64}
          input={{ autoComplete: 'nickname' }}
        />
        {context === null ? null : (
          <Choices
            label={t.contexts.colour}
            row
            value={String(hue)}
            onChange={(chosen) => setHue(Number(chosen))}
            choices={t.contexts.colours.map((colour, at) => ({
              value: String(at),
              label: <ContextMark context={{ label: colour, hue: at }} />,
            }))}
          />
        )}
        {save.problem === null ? null : <Problem code={save.problem} />}
        {remove.problem === null ? null : <Problem code={remove.problem} />}
        <div className="row row-end">
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button look="main" type="submit" isDisabled={label.trim() === '' || save.busy}>
            {t.common.save}
          </Button>
        </div>
        {context === null ? null : context.conversations > 0 ? (
          <p className="hint">{t.contexts.inUse}</p>
        ) : (
          <div>
            <Button look="bad" onPress={remove.run} isDisabled={remove.busy}>
              {t.contexts.remove}
            </Button>
          </div>
        )}
      </form>
    </Modal>
  );
}

export function Contexts() {
  const all = useQuery('context.list', none);
  const [editing, setEditing] = useState<ContextView | 'new' | null>(null);
  return (
    <>
      <p className="hint">{t.contexts.what}</p>
      <Loaded query={all}>
        {(list) =>
          list.length === 0 ? (
            <p>{t.contexts.none}</p>
          ) : (
            <ul>
              {list.map((context) => (
                <li key={context.context} className="entry">
                  <div className="entry-text">
                    <ContextMark context={context} />
                    <p className="hint" dir="auto">
                      {t.contexts.seen(context.name)} {t.contexts.count(context.conversations)}
                    </p>
                  </div>
                  <Button onPress={() => setEditing(context)} aria-label={t.contexts.change(context.label)}>
                    {t.contexts.change('').trim()}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <div>
        <Button onPress={() => setEditing('new')}>{t.contexts.add}</Button>
      </div>
      {editing === null ? null : <Edit context={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </>
  );
}
