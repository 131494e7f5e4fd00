import type { Observed } from "./kind";

/** Prints a shell text that shows everything that lies beside a profile, and where it leads. */
export function showProfile(link: string): string {
  return `for file in ${link} ${link}[-.]*; do
    if [ -L "$file" ]; then echo "\${file##*/} $(readlink "$file")"; elif [ -e "$file" ]; then echo "\${file##*/} -"; fi
  done`;
}

/** The generations and the link as they are when the profile was led to a path. */
export function ledTo(before: Observed, name: string, path: string): Observed {
  const generations = Object.entries(before).filter(([key]) => numberOf(key, name) > 0);
  const there = generations.filter(([, target]) => target === path).map(([key]) => numberOf(key, name));
  const next = Math.max(0, ...generations.map(([key]) => numberOf(key, name))) + 1;
  const number = there.length > 0 ? Math.max(...there) : next;
  const generation = `${name}-${number}-link`;
  return { ...before, [name]: generation, [generation]: path };
}

function numberOf(key: string, name: string): number {
  return key.startsWith(`${name}-`) ? Number(key.slice(name.length + 1).replace(/-link$/, "")) : 0;
}
