// What speedscope's own importer makes of files: node speedscope.js FILE...
//
// The release is one script for a browser. It is run as it is, but for two things: its importer, which it keeps to itself, is handed
// out, and it ends before it draws.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

function importer() {
  const release = path.join(path.dirname(require.resolve("speedscope/package.json")), "dist", "release");
  const [script] = fs.readdirSync(release).filter((name) => /^speedscope-\w+\.js$/.test(name));
  const text = fs.readFileSync(path.join(release, script), "utf8");
  const [, name] = /async function (\w+)\(\w+,\w+\)\{return\(await \w+\)\.importProfileGroupFromBase64\(/.exec(text);
  const drawing = text.lastIndexOf("console.log(`speedscope v");
  const element = { style: {}, appendChild() {}, getContext: () => null, addEventListener() {} };
  const page = { createElement: () => element, head: element, body: element, addEventListener() {} };
  const world = { document: page, location: { hash: "" }, console: { log() {}, warn() {}, error: console.error } };
  Object.assign(world, { setTimeout, clearTimeout, TextDecoder, TextEncoder, atob, btoa, URL, performance, addEventListener() {} });
  world.window = world.self = world;
  vm.runInNewContext(`${text.slice(0, drawing)}window.importer = ${name}; return;${text.slice(drawing)}`, world);
  return world.importer;
}

async function main(files) {
  const read = importer();
  const told = {};
  for (const file of files) {
    const group = await read(path.basename(file), fs.readFileSync(file).toString("base64"));
    if (group === null) throw new Error(`${file}: speedscope knows no such format`);
    told[file] = group.profiles.map((profile) => {
      const frames = {};
      profile.forEachFrame((frame) => {
        const [self, total] = frames[frame.name] ?? [0, 0];
        frames[frame.name] = [self + frame.getSelfWeight(), total + frame.getTotalWeight()];
      });
      return {
        name: profile.getName(),
        unit: profile.getWeightUnit(),
        weight: profile.getTotalNonIdleWeight(),
        frames,
      };
    });
  }
  process.stdout.write(JSON.stringify(told));
}

main(process.argv.slice(2)).catch((error) => {
  // Node would print the line that failed, which is the whole of the release.
  process.stderr.write(`${error.message}\n${error.stack.slice(-2000)}`);
  process.exitCode = 1;
});
