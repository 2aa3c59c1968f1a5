// A secret has one owner, does not print, cannot be compared with ===, and is wiped by its owner.
// JavaScript may have copied the bytes before; see spec/security.md for what wiping does not promise.

export class Secret {
  #bytes: Uint8Array | undefined;
  /** Takes over the bytes: the caller must not keep them. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get length(): number {
    return this.#bytes?.length ?? 0;
  }
  /** The bytes themselves, for a primitive or for the encrypted database. Never keep, print or compare them. */
  expose(): Uint8Array {
    if (this.#bytes === undefined) throw new Error('a wiped secret was used');
    return this.#bytes;
  }
  /** A second secret with its own owner. */
  copy(): Secret {
    return new Secret(this.expose().slice());
  }
  wipe(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  get [Symbol.toStringTag](): string {
    return 'Secret';
  }
}
