/**
 * An argument list as one line for the shell that sshd starts. Backslashes stay outside of the quotes, because
 * fish, unlike POSIX shells, treats them specially inside: so the line means the same to both.
 */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quoted).join(" ");
}

function quoted(argument: string): string {
  if (/^[\w@+:,./-]+$/.test(argument)) return argument;
  return (
    argument.replace(/[^'\\]+|['\\]/g, (part) =>
      part === "'" || part === "\\" ? `\\${part}` : `'${part}'`,
    ) || "''"
  );
}
