"use strict";
// For node's --require: the processes that the engine starts are ready in a third of the time.
const { existsSync } = require("node:fs");
const Module = require("node:module");

// What Pulumi's library loads at its start to serialize functions, to find the packages that those need, to start itself
// from other programs, to read maps of sources that there are none of, and to trace; and zod's messages in all languages.
// Our tests do nothing of that: it is loaded when something of it is used.
const whole =
  /^(typescript|@npmcli\/arborist|normalize-package-data|\.\/automation|source-map-support\/register|\.\.\/locales\/index\.cjs)$/;
// Its functions and classes are picked out at once.
const picked = /^@opentelemetry\/(?!api$)/;

// Not in npm or a compiler that such a command starts.
if (/[/]@pulumi[/]pulumi[/]cmd[/]/.test(process.argv[1] ?? "")) begin();

function begin() {
  // The language host that can be built without internet does not pass `typescript: false` on.
  if (existsSync("index.js")) delete process.env["PULUMI_NODEJS_TYPESCRIPT"];
  require("./kept-modules.cjs");
  const load = Module._load;
  Module._load = function (request, ...rest) {
    const now = () => load.call(this, request, ...rest);
    // That is V8's debugger, which looks at each module that was loaded, for who serializes functions.
    if (request === "../../runtime/closure/v8Hooks") return { isInitializedAsync: async () => {} };
    if (whole.test(request)) return whenUsed(now);
    if (picked.test(request)) return new Proxy({}, { get: (_, name) => whenCalled(() => now()[name]) });
    return now();
  };
}

function whenUsed(now) {
  let loaded;
  const module = () => (loaded ??= now());
  return new Proxy(
    {},
    {
      // With any other answer, compiled modules copy all that there is.
      get: (_, name) => (name === "__esModule" && loaded === undefined ? true : module()[name]),
      has: (_, name) => name in module(),
    },
  );
}

function whenCalled(now) {
  return new Proxy(function () {}, {
    apply: (_, self, args) => Reflect.apply(now(), self, args),
    construct: (_, args) => Reflect.construct(now(), args),
    get: (_, name) => now()[name],
  });
}
