/** How much is told. */
export interface Detail {
  /** Rows of the table, and names in one. */
  readonly rows: number;
  readonly names: number;
  /** Groups of hosts that are told in full. */
  readonly groups: number;
  /** Of each group. */
  readonly packages: number;
  readonly units: number;
  /** Lines of a text diff or a message. */
  readonly lines: number;
  readonly messages: number;
  /** Builds and resources that are not ours. */
  readonly others: number;
  readonly paths: number;
}

const all: Detail = {
  rows: 200,
  names: 200,
  groups: 100,
  packages: 2000,
  units: 500,
  lines: 500,
  messages: 100,
  others: 200,
  paths: 300,
};

const least: Detail = {
  rows: 8,
  names: 3,
  groups: 0,
  packages: 0,
  units: 0,
  lines: 2,
  messages: 3,
  others: 0,
  paths: 0,
};

/** From all to the least, each telling about two thirds of what the one before does. */
function details(): Detail[] {
  const steps = 20;
  return Array.from({ length: steps + 1 }, (_one, step) => (step === steps ? least : scaled(0.66 ** step)));
}

function scaled(share: number): Detail {
  const part = (name: keyof Detail): number => Math.max(least[name], Math.round(all[name] * share));
  return {
    // A line for each group goes last: who is not in the table is not there for the reviewer.
    rows: Math.max(least.rows, Math.round(all.rows * Math.cbrt(share))),
    names: part("names"),
    groups: part("groups"),
    packages: part("packages"),
    units: part("units"),
    lines: part("lines"),
    messages: part("messages"),
    others: part("others"),
    paths: part("paths"),
  };
}

// GitHub takes 65,536 characters, without saying of which kind: as bytes it is few enough in every reading.
export const mostBytes = 65_536;

/** The most that fits. */
export function fittedTo(render: (detail: Detail) => string): string {
  let text = "";
  for (const detail of details()) {
    text = render(detail);
    if (Buffer.byteLength(text) <= mostBytes) return text;
  }
  throw new Error(`the least that can be told is ${Buffer.byteLength(text)} bytes`);
}
