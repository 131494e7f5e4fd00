# A module system: options with types, defaults and descriptions, definitions from many modules with priorities, merged
# by type; a configuration that refers to itself. It does what NixOS' does, and takes its time for the same reasons.
let
  inherit (builtins)
    all attrNames attrValues concatLists concatMap concatStringsSep filter foldl' getAttr hasAttr head isAttrs isBool
    isInt isList isString length listToAttrs mapAttrs sort typeOf;

  unique = list: foldl' (seen: one: if builtins.elem one seen then seen else seen ++ [ one ]) [ ] list;
in
rec {
  types = {
    bool = { name = "bool"; check = isBool; merge = _where: values: foldl' (a: b: a || b) false values; };
    int = { name = "int"; check = isInt; merge = where: one where; };
    str = { name = "str"; check = isString; merge = where: one where; };
    lines = { name = "lines"; check = isString; merge = _where: concatStringsSep "\n"; };
    package = { name = "package"; check = value: isAttrs value && value ? drv; merge = where: one where; };
    listOf = type: {
      name = "list of ${type.name}";
      check = value: isList value && all type.check value;
      merge = where: values: map (value: type.merge where [ value ]) (concatLists values);
    };
    attrsOf = type: {
      name = "attributes of ${type.name}";
      check = isAttrs;
      merge = where: values:
        listToAttrs (map
          (name: {
            inherit name;
            value = checked "${where}.${name}" type (map (getAttr name) (filter (hasAttr name) values));
          })
          (unique (concatMap attrNames values)));
    };
    submodule = options: {
      name = "submodule";
      check = isAttrs;
      merge = where: values: evalOptions where options values;
    };
  };

  one = where: values:
    if length values == 1 || all (value: value == head values) values then head values
    else throw "${where} is defined ${toString (length values)} times, and differently";

  option = type: default: { _type = "option"; inherit type default; };
  force = content: { _type = "override"; priority = 50; inherit content; };
  mkDefault = content: { _type = "override"; priority = 1000; inherit content; };
  when = condition: content: { _type = "when"; inherit condition content; };

  # Conditions are pushed down, so that a definition may depend on what it does not define.
  definitions = value:
    if (value._type or "") == "when" then (if value.condition then definitions value.content else [ ])
    else if (value._type or "") == "override" then [ value ]
    else [ { priority = 100; content = value; } ];

  strongest = defined:
    let least = foldl' (a: b: if b.priority < a then b.priority else a) 9999 defined;
    in map (each: each.content) (filter (each: each.priority == least) defined);

  checked = where: type: values:
    let
      found = strongest (concatMap definitions values);
      wrong = filter (value: !(type.check value)) found;
    in
    if wrong != [ ] then throw "${where} must be a ${type.name}, not a ${typeOf (head wrong)}"
    else type.merge where found;

  evalOptions = where: options: values:
    let unknown = filter (name: !(hasAttr name options)) (concatMap attrNames values);
    in
    if unknown != [ ] then throw "there is no option ${where}.${head unknown}"
    else mapAttrs
      (name: entry:
        let
          path = if where == "" then name else "${where}.${name}";
          given = map (getAttr name) (filter (hasAttr name) values);
        in
        if (entry._type or "") != "option" then evalOptions path entry given
        else checked path entry.type (given ++ [ (mkDefault entry.default) ]))
      options;

  evalModules = modules: arguments:
    let
      opened = map (module: module (arguments // { inherit config; })) modules;
      options = foldl' merged { } (map (module: module.options or { }) opened);
      config = evalOptions "" options (map (module: module.config or { }) opened);
    in
    { inherit config options; };

  merged = a: b:
    a // mapAttrs (name: value: if hasAttr name a && (value._type or "") != "option" then merged a.${name} value else value) b;

  # Every option's value, as one forces it who prints a configuration.
  sorted = set: map (name: { inherit name; value = set.${name}; }) (sort (a: b: a < b) (attrNames set));
  values = attrValues;
}
