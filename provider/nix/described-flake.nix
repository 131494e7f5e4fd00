# A flake as Nix calls it, of a source that `builtins.getFlake` cannot be told of as it is.
{ whole, alone, tree, more, dir }:
let
  # Nix 2.8 knows no `dir` of a folder. The flake's own folder has the same inputs: those that lie elsewhere in the source
  # work since 2.26 only.
  around = builtins.getFlake (if builtins.compareVersions builtins.nixVersion "2.26" < 0 then alone else whole);
  sourceInfo = builtins.fetchTree tree // more;
  folder = if dir == "" then sourceInfo.outPath else "${sourceInfo.outPath}/${dir}";
  # Nix 2.8 takes the whole source for the flake's folder, and knows no _type.
  newer = if around ? _type then { _type = "flake"; outPath = folder; } else { };
  outputs = (import "${folder}/flake.nix").outputs (around.inputs // { inherit self; });
  self = outputs // sourceInfo // newer // { inherit (around) inputs; inherit outputs sourceInfo; };
in
self
