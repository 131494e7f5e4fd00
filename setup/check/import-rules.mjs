import { dirname, join, relative } from "node:path";

/**
 * Who may import what: data flows one way, and each outside thing has one door. Files are named by their path in the
 * checkout without an ending, packages by their name; `*` stands for anything.
 */
export const doors = [
  door("ssh2", ["provider/host/ssh"], "only provider/host/ssh.ts speaks SSH"),
  door("@aws-sdk/*", ["provider/cache/s3-store"], "only provider/cache/s3-store.ts speaks to S3"),
  door("node:child_process", ["provider/host/local"], "only provider/host/local.ts starts processes"),
  door(
    "@pulumi/pulumi*",
    ["provider/dynamic", "provider/engine-*", "sdk/*"],
    "in provider/ only dynamic.ts and what talks to the engine (engine-*.ts) know Pulumi",
  ),
  door(
    "provider/resources/*",
    ["provider/index", "provider/resources/*"],
    "only provider/index.ts names the resources",
  ),
  door(
    "provider/index",
    [],
    "the engine loads provider/index.ts by its name in the state; nothing imports it",
  ),
  door("sdk/*", ["sdk/*"], "provider/ and cli/ do not know the program's classes"),
  door("cli/*", ["cli/*"], "nothing knows the command line"),
  wall(
    "provider/resources/*",
    [
      "provider/host/ssh*",
      "provider/host/local*",
      "provider/host/shell",
      "provider/host/dial",
      "provider/host/pool",
    ],
    "resources use nix/, copy/, systemd/, activation/ and the host interface, never its ways to a machine",
  ),
  wall(
    "provider/host/*",
    ["provider/nix/*", "provider/copy/*", "provider/systemd/*", "provider/activation/*", "provider/cache/*"],
    "a host knows no tool that runs on it",
  ),
  wall("provider/nix/*", ["provider/copy/*"], "nix/ is what copies are made of"),
  wall(
    "sdk/*",
    [
      "provider/host/*",
      "provider/copy/*",
      "provider/cache/*",
      "provider/systemd/*",
      "provider/activation/*",
      "provider/dynamic",
      "provider/engine-*",
    ],
    "sdk/ describes: of provider/ it uses types, and what evaluates its builds",
    "types are fine",
  ),
  wall(
    "cli/*",
    [
      "provider/nix/*",
      "provider/session",
      "provider/dynamic",
      "provider/host/ssh*",
      "provider/host/local*",
      "provider/host/shell",
      "provider/host/dial",
    ],
    "the command line looks after deployments, on hosts that the pool opens",
  ),
];

/** Only these files may import it. */
function door(what, owners, why) {
  return { why, forbids: (from, to) => matches(what, to) && !owners.some((owner) => matches(owner, from)) };
}

/** These files may not import any of that. */
function wall(from, what, why, types) {
  return {
    why,
    forbids: (file, to, isType) =>
      matches(from, file) && what.some((one) => matches(one, to)) && !(types !== undefined && isType),
  };
}

function matches(pattern, name) {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

export const importDoors = {
  meta: { type: "problem", schema: [], messages: { closed: "'{{to}}' may not be imported here: {{why}}" } },
  create(context) {
    const from = withoutEnding(relative(context.cwd, context.filename));
    const look = (node, source, isType = false) => {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      const to = targetOf(from, source.value);
      const door = doors.find(({ forbids }) => forbids(from, to, isType));
      if (door !== undefined) context.report({ node, messageId: "closed", data: { to, why: door.why } });
    };
    return {
      ImportDeclaration: (node) => look(node, node.source, isTypeOnly(node)),
      ExportNamedDeclaration: (node) => look(node, node.source, isTypeOnly(node)),
      ExportAllDeclaration: (node) => look(node, node.source, node.exportKind === "type"),
      ImportExpression: (node) => look(node, node.source),
      "CallExpression[callee.name='require']": (node) => look(node, node.arguments[0]),
      TSImportType: (node) => look(node, node.source ?? node.argument?.literal, true),
    };
  },
};

function isTypeOnly(node) {
  if (node.importKind === "type" || node.exportKind === "type") return true;
  const { specifiers = [] } = node;
  return (
    specifiers.length > 0 && specifiers.every((one) => one.importKind === "type" || one.exportKind === "type")
  );
}

/** Of `./x` the path in the checkout, of `child_process` the name with `node:`. */
function targetOf(from, source) {
  if (source === "child_process") return "node:child_process";
  if (!source.startsWith(".")) return source;
  const target = withoutEnding(join(dirname(from), source));
  return target === "provider" || target === "sdk" ? `${target}/index` : target;
}

function withoutEnding(file) {
  return file.replace(/\.[cm]?[jt]s$/, "");
}
