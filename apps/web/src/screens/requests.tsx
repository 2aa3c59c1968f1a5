import { announce } from '../app/announce.tsx';
import { none, useAction, useKith, useNow, useQuery } from '../app/kith.tsx';
import { go } from '../app/route.ts';
import { clock, day } from '../app/time.ts';
import { Button } from '../ui/button.tsx';
import { Problem } from '../ui/note.tsx';
import { Loaded, Page } from '../ui/page.tsx';
import { t } from '../words/index.ts';

/** Nothing that the stranger wrote is on this page: no name, no picture, no text. */
export function Requests() {
  const kith = useKith();
  const requests = useQuery('request.list', none);
  const now = useNow(60_000, true);
  const answer = useAction(async (request: string, how: 'accept' | 'decline' | 'block') => {
    const { conversation } = await kith.call('request.answer', { request, answer: how });
    if (how === 'accept') go({ at: 'conversation', conversation });
    else announce(how === 'decline' ? t.requests.declined : t.requests.blocked);
  });
  const declineAll = useAction(async (all: readonly string[]) => {
    for (const request of all) await kith.call('request.answer', { request, answer: 'decline' });
    announce(t.requests.declinedAll);
  });
  return (
    <Page title={t.requests.title} narrow>
      {answer.problem === null ? null : <Problem code={answer.problem} />}
      {declineAll.problem === null ? null : <Problem code={declineAll.problem} />}
      <Loaded query={requests}>
        {(list) =>
          list.length === 0 ? (
            <p className="soft">{t.requests.empty}</p>
          ) : (
            <>
              <p className="soft">{t.requests.hidden}</p>
              <ul className="stack">
                {list.map(({ request, via, at }) => (
                  <li key={request} className="card stack">
                    <div>
                      <h2>{t.requests.someone}</h2>
                      <p dir="auto">{via === '' ? t.requests.viaUnnamed : t.requests.via(via)}</p>
                      <p className="hint">
                        {day(at, now)}, {clock(at)}
                      </p>
                    </div>
                    <div className="row">
                      <Button look="main" onPress={() => answer.run(request, 'accept')} isDisabled={answer.busy}>
                        {t.requests.accept}
                      </Button>
                      <Button onPress={() => answer.run(request, 'decline')} isDisabled={answer.busy}>
                        {t.requests.decline}
                      </Button>
                      <Button look="bad" onPress={() => answer.run(request, 'block')} isDisabled={answer.busy}>
                        {t.requests.block}
                      </Button>
                    </div>
                  </li>
                ))}
              </ul>
              {list.length === 1 ? null : (
                <div className="row">
                  <Button
                    onPress={() => declineAll.run(list.map(({ request }) => request))}
                    isDisabled={declineAll.busy || answer.busy}
                  >
                    {t.requests.declineAll}
                  </Button>
                </div>
              )}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
