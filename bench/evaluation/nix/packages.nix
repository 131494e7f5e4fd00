# What all systems share: a set of packages as a fixed point, each with a derivation and dependencies among the others.
{ run, count }:
let
  inherit (builtins) genList listToAttrs toString;
  nameOf = number: "package-${toString number}";

  # As overlays do it: the last layer sees what all of them make together.
  extend = layer: base: final: let before = base final; in before // layer final before;
  fix = f: let final = f final; in final;

  make = final: number: {
    name = nameOf number;
    value = rec {
      version = "1.${toString (number / 7)}.${toString number}";
      inputs = map (back: final.${nameOf (number - back)}) (builtins.filter (back: back <= number) [ 1 7 31 ]);
      drv = derivation {
        name = "${run}-${nameOf number}-${version}";
        system = "x86_64-linux";
        builder = "/bin/sh";
        args = [ "-c" "echo $name > $out" ];
        buildInputs = map (input: input.drv) inputs;
      };
      closure = builtins.attrNames (listToAttrs (map (name: { inherit name; value = null; })
        ([ (nameOf number) ] ++ builtins.concatLists (map (input: input.closure) inputs))));
    };
  };
  layer = place: final: _before: listToAttrs (genList (index: make final (place * 100 + index)) 100);
  all = fix (builtins.foldl' (base: place: extend (layer place) base) (_final: { }) (genList (place: place) (count / 100)));
in
all
