import { createHash } from "node:crypto";

const marker = /^# Managed by pulumi-nix: (.*)\n/;

/** The file as it is written: a first line says whose it is. */
export function withOwner(id: string, text: string): string {
  return `# Managed by pulumi-nix: ${id}\n${text}`;
}

/** The id in a file's first line, if it has such a line. */
export function ownerOf(content: string): string | undefined {
  return marker.exec(content)?.[1];
}

export function withoutOwner(content: string): string {
  return content.replace(marker, "");
}

/** `text 1a2b3c4d`: what people tell the texts of a unit apart by. */
export function textShown(content: string): string {
  return `text ${createHash("sha256").update(content).digest("hex").slice(0, 8)}`;
}

/** Whether `systemctl enable` would have anything to read in it. */
export function hasInstallSection(text: string): boolean {
  return installLines(text) !== undefined;
}

/** Whether enabling it leaves a link that tells an enabled unit from another one; `Also=` alone does not. */
export function canBeEnabled(text: string): boolean {
  return (installLines(text) ?? []).some((line) =>
    /^(WantedBy|RequiredBy|UpheldBy|Alias)\s*=\s*\S/.test(line),
  );
}

/** The lines of all [Install] sections; undefined when there is none. */
function installLines(text: string): string[] | undefined {
  let found: string[] | undefined;
  let inside = false;
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line.startsWith("[")) inside = line === "[Install]";
    if (inside) found = [...(found ?? []), line];
  }
  return found;
}
