// A profile picture is cut square and made small here, so that neither its size nor what a camera wrote into the file goes out.
const SIDE = 256;
const MOST_BYTES = 48 * 1024;
const QUALITIES = [0.85, 0.7, 0.5, 0.3] as const;

/** A JPEG of at most 48 KiB, or null when the file is no picture that this browser reads. */
export async function shrinkPicture(file: Blob): Promise<Uint8Array | null> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (bitmap === null) return null;
  const side = Math.min(bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, SIDE, SIDE);
  context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  bitmap.close();
  for (const quality of QUALITIES) {
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality });
    if (blob.size <= MOST_BYTES) return new Uint8Array(await blob.arrayBuffer());
  }
  return null;
}
