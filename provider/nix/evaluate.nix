# Evaluates many builds in one process, and says for each, on standard error, when it begins and what came of it:
# after an error that nothing in Nix can catch, the one at fault is the last that began.
{ marker, starts, builds }:
let
  inherit (builtins)
    attrNames concatStringsSep elemAt filter foldl' functionArgs hasAttr intersectAttrs isAttrs isFunction isList
    length listToAttrs split toJSON toXML trace typeOf unsafeDiscardStringContext;

  # functionArgs does not tell `{ a, ... }` from `{ a }`; the XML form of a function holds only its pattern and does.
  takesMore = f: functionArgs f == { } || length (split "ellipsis=\"1\"" (toXML f)) > 1;

  # As nix-build does it: a function is called with those of the arguments that it names.
  call = { value, used, taken }: args:
    if !(isFunction value) then { inherit value used taken; }
    else if takesMore value then { value = value args; used = attrNames args; inherit taken; }
    else {
      value = value (intersectAttrs (functionArgs value) args);
      used = used ++ attrNames (intersectAttrs (functionArgs value) args);
      taken = taken ++ attrNames (functionArgs value);
    };

  # Everything on the way is called as it is met, so what is selected from is never a function.
  step = args: seen: { value, used, taken }: name:
    let where = if seen == [ ] then "at the top" else "in '${concatStringsSep "." seen}'"; in
    if isList value && builtins.match "[0-9]+" name != null
    then call { value = elemAt value (builtins.fromJSON name); inherit used taken; } args
    else if !(isAttrs value) then throw "@@attr attribute '${name}' not found: there is a ${typeOf value} ${where}"
    else if !(hasAttr name value)
    then throw "@@attr attribute '${name}' not found ${where}; there are: ${concatStringsSep ", " (attrNames value)}"
    else call { value = value.${name}; inherit used taken; } args;

  walk = args: called: path:
    (foldl'
      (state: name: { seen = state.seen ++ [ name ]; at = step args state.seen state.at name; })
      { seen = [ ]; at = called; }
      path).at;

  reaches = root: path:
    if path == [ ] then true
    else isAttrs root && hasAttr (builtins.head path) root && reaches root.${builtins.head path} (builtins.tail path);

  # Of several places where a flake may keep a name, the first that is there; else the last, whose error is plainest.
  choose = root: paths:
    let there = filter (reaches root) paths;
    in if there == [ ] then elemAt paths (length paths - 1) else builtins.head there;

  describe = build: d: {
    inherit (build) key;
    name = d.name;
    drvPath = unsafeDiscardStringContext d.drvPath;
    outputs = listToAttrs (map
      (name: { inherit name; value = unsafeDiscardStringContext "${(d.${name} or d).outPath}"; })
      (d.outputs or [ "out" ]));
  };

  # Once for all builds that begin with it.
  opened = map (start: start // { called = call { value = start.root; used = [ ]; taken = [ ]; } start.args; }) starts;

  takes = names: if names == [ ] then "" else "; there are: ${concatStringsSep ", " names}";

  evaluate = build:
    let
      start = elemAt opened build.start;
      path = choose start.root build.paths;
      found = walk start.args start.called path;
      unused = filter (name: !(builtins.elem name found.used) && !(builtins.elem name build.implied)) (attrNames start.args);
    in
    if !(isAttrs found.value && found.value ? drvPath)
    then throw "@@attr '${concatStringsSep "." path}' is not a derivation but a ${typeOf found.value}"
    else if unused != [ ] then throw "@@args no function takes an argument '${elemAt unused 0}'${takes found.taken}"
    else describe build found.value;
in
foldl'
  (done: build: trace "${marker} begin ${build.key}" (trace "${marker} ok ${toJSON (evaluate build)}" (builtins.seq done null)))
  null
  builds
