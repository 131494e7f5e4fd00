# A program with a library that it refers to: what comes from one derivation each goes into the cache by itself.
{ version }:
let
  build =
    name: text: more:
    derivation (
      {
        inherit name text;
        system = builtins.currentSystem;
        builder = "/bin/sh";
        args = [
          "-euc"
          ''printf '%s\n' "$text" >$out''
        ];
      }
      // more
    );
in
build "tool-${version}" "tool ${version}, with ${build "greetings-1.0" "hello and goodbye" { }}" { }
