import { join } from "node:path";
import type { Host } from "./host";
import { loadProgram, runProgram } from "./program";

/** A file on a host, and as whom to touch it: by default as the user who logged in. */
export interface FileOptions {
  doing: string;
  as?: string | undefined;
}

const programs = {
  read: loadProgram(join(__dirname, "read-file.sh")),
  write: loadProgram(join(__dirname, "write-file.sh")),
  readLink: loadProgram(join(__dirname, "read-link.sh")),
  writeLink: loadProgram(join(__dirname, "write-link.sh")),
};

/** What `read-file.sh` and `read-link.sh` end with when nothing is there. */
const absent = 3;

/** The content, or undefined when there is no such file. One that may not be read is a CommandError. */
export async function readFile(host: Host, file: string, options: FileOptions): Promise<string | undefined> {
  const { exitCode, stdout } = await runProgram(host, programs.read, [file], {
    ...options,
    accept: [0, absent],
  });
  return exitCode === absent ? undefined : stdout;
}

/** Writes a file at once, and its folder if need be. `mode` as chmod takes it: `0644`. */
export async function writeFile(
  host: Host,
  file: string,
  content: string | Uint8Array,
  options: FileOptions & { mode: string },
): Promise<void> {
  const { mode, ...others } = options;
  await runProgram(host, programs.write, [file, mode], { ...others, input: content });
}

/** Removes a file or a symbolic link; gone already is success. */
export async function removeFile(host: Host, file: string, options: FileOptions): Promise<void> {
  await host.run(["rm", "-f", "--", file], options);
}

/** Where a symbolic link points, or undefined when nothing is there. */
export async function readLink(host: Host, link: string, options: FileOptions): Promise<string | undefined> {
  const { exitCode, stdout } = await runProgram(host, programs.readLink, [link], {
    ...options,
    accept: [0, absent],
  });
  return exitCode === absent ? undefined : stdout.replace(/\n$/, "");
}

/** Makes a symbolic link or points it elsewhere, at once, and makes its folder if need be. */
export async function writeLink(
  host: Host,
  link: string,
  target: string,
  options: FileOptions,
): Promise<void> {
  await runProgram(host, programs.writeLink, [link, target], options);
}
