import fc from "fast-check";

/** One thing that happens to bytes. */
type Change = (bytes: Buffer) => Buffer;

const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const some = fc.uint8Array({ minLength: 1, maxLength: 24 }).map((bytes) => Buffer.from(bytes));

/** A word that Nix might write, or never would. */
const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
});

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(at, some).map(
    ([where, put]): Change =>
      (bytes) =>
        spliced(bytes, where, put.length, put),
  ),
  fc.tuple(at, word).map(
    ([where, put]): Change =>
      (bytes) =>
        spliced(bytes, aligned(bytes, where), 8, put),
  ),
  fc.tuple(at, word).map(
    ([where, put]): Change =>
      (bytes) =>
        spliced(bytes, aligned(bytes, where), 0, put),
  ),
  fc.tuple(at, fc.nat(64)).map(
    ([where, count]): Change =>
      (bytes) =>
        spliced(bytes, where, count, Buffer.alloc(0)),
  ),
  at.map(
    (where): Change =>
      (bytes) =>
        bytes.subarray(0, Math.floor(where * bytes.length)),
  ),
);

/** One of the originals, with up to five changes. */
export function mutated(originals: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(change, { minLength: 1, maxLength: 5 }))
    .map(([original, changes]) => changes.reduce((bytes, next) => next(bytes), original));
}

function aligned(bytes: Buffer, where: number): number {
  return (Math.floor((where * bytes.length) / 8) * 8) / Math.max(1, bytes.length);
}

function spliced(bytes: Buffer, where: number, remove: number, put: Buffer): Buffer {
  const start = Math.round(where * bytes.length);
  return Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + remove)]);
}
