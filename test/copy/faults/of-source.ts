import assert from "node:assert/strict";
import { appendFileSync, chmodSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import type { CopyFault } from "./describe";
import { paths, type Trial } from "./trial";

/** How the file of one path differs from what its store knows. */
const damages: Readonly<Record<string, (file: string) => void>> = {
  "another byte": (file) => {
    const bytes = readFileSync(file);
    bytes[1000] = 1 ^ (bytes[1000] as number);
    writeFileSync(file, bytes);
  },
  "a byte more": (file) => appendFileSync(file, "x"),
  "a thousand bytes more": (file) => appendFileSync(file, "x".repeat(1000)),
  "a byte less": (file) => truncateSync(file, readFileSync(file).length - 1),
  "half of its bytes": (file) => truncateSync(file, readFileSync(file).length / 2),
};

const positions = { "in the middle": paths / 2, "at its end": paths - 1 };

export const faultsOfSource: readonly CopyFault[] = Object.entries(damages).flatMap(([how, damage]) =>
  Object.entries(positions).map(([where, position]): CopyFault => ({
    name: `of a closure with a damaged path ${where}, ${how}, names it and the repair`,
    try: (trial) => refused(trial, position, damage),
  })),
);

async function refused(trial: Trial, position: number, damage: (file: string) => void): Promise<void> {
  const path = trial.closure[position] as string;
  const file = `${path}/bytes`;
  const whole = readFileSync(file);
  chmodSync(file, 0o644);
  damage(file);
  const error = await trial.failed();
  await trial.leavesNothing(); // As long as the store is open, what was read of it is kept.
  await trial.isTrue().finally(() => {
    writeFileSync(file, whole);
    chmodSync(file, 0o444);
  });
  assert.ok(error.message.includes(path), error.message);
  assert.match(error.message, /this machine[^]*nix-store --verify --check-contents --repair there/);
  // The ones before it are whole, and nothing behind it is there.
  assert.equal(await trial.isTrue(), position);
  assert.equal((await trial.goesOn()).copied, paths - position);
}
