// Reads files away from the page, with the market's own library in a Python of the browser's.
// Its answers hold cells, questions or the code of an error. It can reach the addresses of its own
// code and no others: the policy that it is served with sees to that.

const PACE = 100; // milliseconds between two words on how far it is
const disk = new FileReaderSync();
let answer;

// Pyodide waits for ever where WebAssembly cannot be made, for want of memory or by a policy.
for (const name of ["instantiate", "instantiateStreaming"]) {
  const make = WebAssembly[name];
  WebAssembly[name] = (...all) =>
    make(...all).catch((error) => {
      postMessage({ failed: true });
      throw error;
    });
}

async function start({ python, traces, make }) {
  const library = fetch(traces).then((found) => found.arrayBuffer());
  const { loadPyodide } = await import(`${python}pyodide.mjs`);
  // The list of other packages is not needed, so it is not loaded.
  const lockFileContents = { info: make, packages: {} };
  const machine = await loadPyodide({ indexURL: python, lockFileContents });
  machine.unpackArchive(await library, "zip", { extractDir: "/market" });
  machine.runPython(`
    import sys, zoneinfo
    sys.path.insert(0, "/market")
    zoneinfo.reset_tzpath(["/market/zoneinfo"])
    # Lists that any file needs, now and not once the person waits.
    import traces
    traces.formats(), traces.templates()
  `);
  answer = machine.pyimport("traces.in_page").answer;
  return { ready: true };
}

// A file of which only the part that is asked for is ever in memory.
function chosen(file, passed) {
  return {
    size: file.size,
    part(from, to) {
      passed(to - from);
      return new Uint8Array(disk.readAsArrayBuffer(file.slice(from, to)));
    },
  };
}

function read({ files, asked }) {
  const all = files.reduce((sum, file) => sum + file.size, 0);
  let done = 0;
  let said = 0;
  const passed = (bytes) => {
    done += bytes;
    if (performance.now() - said < PACE) return;
    said = performance.now();
    postMessage({ percent: Math.min(100, Math.round((100 * done) / Math.max(all, 1))) });
  };
  return { answer: JSON.parse(answer(files.map((file) => chosen(file, passed)), JSON.stringify(asked))) };
}

addEventListener("message", async ({ data }) => {
  try {
    postMessage(await (data.files ? read(data) : start(data)));
  } catch {
    // Whatever it was, its words may hold some of the file.
    postMessage({ failed: true });
  }
});
