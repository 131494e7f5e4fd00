# A closure of `paths` paths: files of random bytes, and one path that refers to all of them.
# `changing` of the files are other ones in another release.
{
  name,
  release,
  paths,
  kilobytes,
  changing,
}:
let
  build =
    part: script: environment:
    derivation (
      {
        name = "${name}-${part}";
        system = builtins.currentSystem;
        builder = "/bin/sh";
        PATH = "/usr/bin:/bin";
        args = [
          "-ec"
          script
        ];
      }
      // environment
    );
  file =
    number:
    build "file-${toString number}" "mkdir $out; head -c ${toString (kilobytes * 1024)} /dev/urandom >$out/data" {
      release = if number < changing then release else "any";
    };
in
build "release-${release}"
  "mkdir -p $out/bin; cat $filesPath >$out/files; printf '#!/bin/sh\\n' >$out/bin/run; chmod 755 $out/bin/run"
  {
    files = builtins.genList file (paths - 1);
    # As an argument or a variable they may be too long.
    passAsFile = [ "files" ];
  }
