// Reads a QR code from the camera. Pictures are looked at here and thrown away; none is kept or sent.
import decodeQR from 'qr/decode.js';
import { useEffect, useRef, useState } from 'react';
import { t } from '../words/index.ts';
import { Note } from './note.tsx';

/** Codes fill a good part of the picture, so this many pixels are plenty, and a look costs a few milliseconds. */
const LONG_SIDE = 640;
const BETWEEN_LOOKS_MS = 120;

function look(video: HTMLVideoElement, context: CanvasRenderingContext2D): string | null {
  const scale = Math.min(1, LONG_SIDE / Math.max(video.videoWidth, video.videoHeight));
  const width = Math.round(video.videoWidth * scale);
  const height = Math.round(video.videoHeight * scale);
  context.canvas.width = width;
  context.canvas.height = height;
  context.drawImage(video, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  try {
    return decodeQR({ width, height, data });
  } catch {
    return null; // The library throws when a picture holds no code: the usual case while one is aiming.
  }
}

export function Scanner({ onCode }: { onCode: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const found = useRef(onCode);
  found.current = onCode;
  const [denied, setDenied] = useState(false);
  useEffect(() => {
    let over = false;
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const start = async (): Promise<void> => {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'environment', width: { ideal: 1280 } },
        audio: false,
      });
      const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const picture = video.current;
      if (over || picture === null || context === null) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      picture.srcObject = stream;
      await picture.play();
      const again = (): void => {
        if (over) return;
        const text = picture.videoWidth > 0 ? look(picture, context) : null;
        if (text === null) timer = setTimeout(again, BETWEEN_LOOKS_MS);
        else found.current(text);
      };
      again();
    };
    start().catch(() => {
      if (!over) setDenied(true);
    });
    return () => {
      over = true;
      if (timer !== null) clearTimeout(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, []);
  if (denied) {
    return (
      <Note tone="warn" status>
        <p>{t.add.cameraDenied}</p>
      </Note>
    );
  }
  return (
    <div className="stack-tight">
      <video ref={video} className="camera" muted playsInline aria-label={t.add.cameraView} />
      <p className="hint">{t.add.cameraLook}</p>
    </div>
  );
}
