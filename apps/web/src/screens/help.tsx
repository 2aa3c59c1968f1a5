import { go } from '../app/route.ts';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { t } from '../words/index.ts';

export function Help({ page }: { page: 'protects' | 'cannot' }) {
  const { title, points } = t.help[page];
  const other = page === 'protects' ? 'cannot' : 'protects';
  return (
    <Page key={page} title={title}>
      <div className="points">
        {points.map(([head, body]) => (
          <section key={head}>
            <h2>{head}</h2>
            <p>{body}</p>
          </section>
        ))}
      </div>
      <p className="row">
        {t.help.other}
        <Button look="link" onPress={() => go({ at: 'help', page: other }, 'replace')}>
          {t.help[other].title}
        </Button>
      </p>
    </Page>
  );
}
