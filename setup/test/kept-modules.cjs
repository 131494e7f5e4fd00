"use strict";
// For node's --require: what V8 made of the modules of packages, and where each of them was found, is kept from process to
// process. The tests start two thousand, and a third of the start of each was that.
const {
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require("node:fs");
const Module = require("node:module");
const { basename, dirname, join, sep } = require("node:path");
const vm = require("node:vm");

const checkout = dirname(dirname(__dirname));
const installed = placeOf(join(checkout, "node_modules")) + sep;
const packed = join(checkout, "examples/node_modules/pulumi-nix") + sep;
const program = basename((process.argv[1] ?? "").replace(/[/]index\.js$/, ""));
const folder = join(installed, ".cache/pulumi-nix");
// A test's host may have this checkout under another name.
const file = join(folder, `${program}${checkout.replaceAll(sep, "+")}.modules`);
/** With fewer new ones it does not pay to write all anew. */
const worthwhile = 20;
/** Milliseconds. The engine ends a provider by SIGKILL: it never comes to its end. */
const settled = 2000;

const stamp = stampOf();
const kept = read();
const compiled = new Map();
const found = new Map();
const plain = Module._extensions[".js"];
const resolve = Module._resolveFilename;

Module._extensions[".js"] = (module, filename) => {
  const run = isKept(filename) && /[.]c?js$/.test(filename) && compile(filename);
  if (!run) return plain(module, filename);
  run.call(module.exports, module.exports, requireOf(module), module, filename, dirname(filename));
};
Module._resolveFilename = function (request, parent, isMain, options) {
  const now = () => resolve.call(this, request, parent, isMain, options);
  const isPlain = options === undefined && isKept(parent?.filename ?? "");
  return isPlain ? findOnce(`${dirname(parent.filename)}\0${request}`, now) : now();
};
process.once("exit", keep);
setTimeout(keep, settled).unref();

/** On a test's host a link may lead nowhere: what it led to is at another place there. */
function placeOf(link) {
  try {
    return realpathSync(link);
  } catch {
    return link;
  }
}

/** Changes with everything that is kept, and with how: npm writes its list anew, and setup/pack.sh what it packed. */
function stampOf() {
  const { mtimeMs } = statSync(join(installed, ".package-lock.json"), { throwIfNoEntry: false }) ?? {};
  let from = "";
  try {
    from = readFileSync(join(dirname(packed), ".packed-from"), "utf8");
  } catch {
    // Nothing is packed, and so nothing of it is loaded.
  }
  return [process.version, process.arch, mtimeMs, from, readFileSync(__filename, "utf8")].join();
}

function isKept(filename) {
  return filename.startsWith(installed) || filename.startsWith(packed);
}

/** The module as a function; nothing when node has to load it: one that imports others later, or is none of CommonJS. */
function compile(filename) {
  const known = kept.modules.get(filename);
  const source = known?.bytes.toString(known.encoding) ?? readFileSync(filename, "utf8").replace(/^#!.*/, "");
  // Code that was kept has lost who imports for it.
  if (known === undefined && /\bimport\s*\(/.test(source)) return;
  try {
    // V8 itself refuses what was made with other flags, and compiles.
    const script = new vm.Script(Module.wrap(source), { filename, cachedData: known?.code });
    compiled.set(filename, { source, script });
    return script.runInThisContext();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}

/** As node's own, which it gives to nobody. */
function requireOf(module) {
  const resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  const { mainModule: main } = process;
  const { _extensions: extensions, _cache: cache } = Module;
  return Object.assign((request) => module.require(request), { resolve, main, extensions, cache });
}

function findOnce(key, now) {
  const path = kept.found.get(key) ?? now();
  found.set(key, path);
  return path;
}

function keep() {
  const news = [...compiled].filter(([filename]) => !kept.modules.has(filename));
  if (news.length < worthwhile) return;
  const part = `${file}.${process.pid}`;
  try {
    for (const [filename, module] of news) kept.modules.set(filename, asKept(module));
    mkdirSync(folder, { recursive: true });
    writeFileSync(part, written());
    renameSync(part, file);
  } catch {
    // On a test's host the checkout cannot be written to.
    rmSync(part, { force: true });
  }
}

/** The length of the header, the header, and then the source and code of each module. */
function written() {
  const pieces = [];
  let end = 0;
  const put = (piece) => {
    pieces.push(piece);
    return [end, (end += piece.length)];
  };
  const modules = [...kept.modules].map(([filename, { encoding, bytes, code }]) => [
    filename,
    encoding,
    put(bytes),
    put(code),
  ]);
  const header = Buffer.from(JSON.stringify({ stamp, modules, found: [...kept.found, ...found] }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, ...pieces]);
}

function asKept({ source, script }) {
  // Of one byte a character where that is enough: V8 takes such a string as it lies there.
  const encoding = /^[\x00-\xff]*$/.test(source) ? "latin1" : "utf8";
  return { encoding, bytes: Buffer.from(source, encoding), code: script.createCachedData() };
}

function read() {
  try {
    const whole = readFileSync(file);
    const start = 4 + whole.readUInt32LE(0);
    const header = JSON.parse(whole.toString("utf8", 4, start));
    if (header.stamp === stamp) return asRead(header, whole.subarray(start));
  } catch {
    // There is none, or a power loss has left half of one.
  }
  return { modules: new Map(), found: new Map() };
}

function asRead({ modules, found }, rest) {
  const part = ([from, to]) => rest.subarray(from, to);
  const entries = modules.map(([filename, encoding, source, code]) => [
    filename,
    { encoding, bytes: part(source), code: part(code) },
  ]);
  return { modules: new Map(entries), found: new Map(found) };
}
