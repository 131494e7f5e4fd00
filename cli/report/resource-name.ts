/** The parts of a URN: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
export function ofUrn(urn: string): { stack: string; project: string; type: string; name: string } {
  const [prefix = "", project = "", types = "", ...name] = urn.split("::");
  return {
    stack: prefix.replace(/^urn:pulumi:/, ""),
    project,
    type: types.split("$").at(-1) ?? "",
    name: name.join("::"),
  };
}

const ours = /^pulumi-nodejs:dynamic\/nix:(\w+)$/;

/** The last part of our types: `NixBuild`; undefined of what is not ours. */
export function ourType(type: string): string | undefined {
  return ours.exec(type)?.[1];
}
