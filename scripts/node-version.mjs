// Imported first by every script here: it must itself run on the Nodes that it turns away.
const NODE_MAJOR_MIN = 18;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(
    'kippu: needs Node ' + NODE_MAJOR_MIN + ' or newer to install, this is ' + process.versions.node + ': update Node.',
  );
  process.exit(1);
}
