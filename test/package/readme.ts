/** What a program of the README that imports nothing goes on from: its first one's imports, and machines. */
const before = `import * as pulumi from "@pulumi/pulumi";
import { ClosureCopy, NixBuild, type Connection } from "pulumi-nix";
declare const privateKey: pulumi.Output<string>, hostKey: string;
declare const web1: Connection, web2: Connection, db1: Connection;
`;

/** The TypeScript programs in a text in Markdown, whole. */
export function programsIn(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```(?:ts|typescript)\n([^]*?)^```$/gm)].map(([, text = ""]) => text);
  return blocks.map((text) => (text.startsWith("import ") ? text : before + text));
}
