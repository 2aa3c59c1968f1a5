import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { copyText } from '../app/copy.ts';
import { t } from '../words/index.ts';
import { Button } from './button.tsx';

const SHOWN_MS = 3_000;

export function CopyButton({
  text,
  label,
  look = 'edge',
  onCopied,
}: {
  text: string;
  label: string;
  look?: 'main' | 'edge' | 'plain';
  onCopied?: () => void;
}) {
  const [copied, setCopied] = useState(false);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    copyText(text).then(
      () => {
        setCopied(true);
        setFailed(false);
        onCopied?.();
      },
      () => setFailed(true),
    );
  };
  return (
    <Button look={look} icon={copied ? Check : Copy} onPress={copy}>
      {copied ? t.common.copied : failed ? t.common.somethingWrong : label}
    </Button>
  );
}

export function Command({ text }: { text: string }) {
  return (
    <div className="command">
      <code dir="ltr">{text}</code>
      <CopyButton look="plain" text={text} label={t.common.copy} />
    </div>
  );
}
