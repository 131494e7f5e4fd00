const nix = require("pulumi-nix");
const provider = require("pulumi-nix/provider");

console.log(
  JSON.stringify({
    classes: Object.keys(nix),
    version: require("pulumi-nix/package.json").version,
    handlers: Object.fromEntries(
      Object.entries(provider).map(([name, handler]) => [name, Object.keys(handler).sort().join(" ")]),
    ),
  }),
);
