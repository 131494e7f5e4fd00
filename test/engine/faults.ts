/** What the programs of the tests of failures build: nothing but a shell is needed. */
export const faultsNix = `{ v, megabytes ? 1, script ? "true" }:
let
  make = name: command: derivation {
    name = "\${name}-\${v}";
    system = builtins.currentSystem;
    PATH = "/usr/bin:/bin";
    builder = "/bin/sh";
    args = [ "-ec" command ];
    inherit script;
  };
in
{
  small = make "small" "echo small >$out";
  big = make "big" "head -c \${toString megabytes}M /dev/urandom >$out";
  broken = make "broken" "echo line one; echo the compiler says no; exit 3";
  activation = make "activation" ''
    mkdir -p $out/bin
    printf '#!/bin/sh\\n%s\\n' "$script" >$out/bin/pulumi-nix-activate
    chmod +x $out/bin/pulumi-nix-activate
  '';
}
`;

/** A part of a name that no earlier run has used: what is built is on no host and in no store. */
export function freshVersion(): string {
  return `${process.pid}-${Date.now().toString(36)}`;
}
