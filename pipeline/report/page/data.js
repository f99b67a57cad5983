// The page's data: the data in the page itself, and the data that it loads by name.

const page = JSON.parse(document.getElementById("page").textContent);

const waiting = new Map(); // name → {resolve, reject} of scripts that are loading
const kept = new Map(); // name → promise, the oldest first

// filterbank is called by the data's script files.
globalThis.filterbank = (name, value) => {
  waiting.get(name)?.resolve(value);
  waiting.delete(name);
};

// load gives the value with a name. The last few values are kept.
function load(name) {
  let value = kept.get(name);
  kept.delete(name);
  if (!value) {
    value = page.base ? loadScript(name) : loadInline(name);
    value.catch(() => kept.delete(name));
  }
  kept.set(name, value);
  if (kept.size > 10) kept.delete(kept.keys().next().value);
  return value;
}

function loadScript(name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const failed = () => {
      script.remove();
      waiting.delete(name);
      reject(
        new Error(
          `${decodeURI(page.base)}${name}.js is missing or cut short; make the report again, or copy its folder along with the page`,
        ),
      );
    };
    waiting.set(name, { resolve, reject });
    script.onerror = failed;
    script.onload = () => {
      script.remove();
      if (waiting.has(name)) failed();
    };
    script.src = page.base + name + ".js";
    document.head.append(script);
  });
}

// loadInline reads a value in the page, which may still be loading.
async function loadInline(name) {
  if (document.readyState === "loading" && !document.getElementById(name)?.nextSibling) {
    await new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
  }
  const block = document.getElementById(name);
  if (!block) throw new Error(`the page has no data ${name}; its file is cut short`);
  return JSON.parse(block.textContent);
}

// channelsInto are the names of the channels that a layer reads. A sum has one for each input.
function channelsInto(layers, l) {
  const { kind, filters, inputs } = layers[l];
  if (kind === "add") return inputs.map((from) => (from < 0 ? "input" : layers[from].name));
  if (kind === "concat") return filters;
  return inputs[0] < 0 ? page.channels : layers[inputs[0]].filters;
}

const pictureName = (index) => "p/" + String(index).padStart(6, "0");

// arrays loads a layer's weights, bias and slopes, as far as it has them.
const opened = new WeakMap();
async function arrays(layer) {
  if (!opened.has(layer)) {
    const data = layer.weights ? await load(layer.weights) : null;
    const floats = (text) => text && floatsFromBase64(text);
    opened.set(layer, data && { weights: floats(data.weights), bias: floats(data.bias), slopes: floats(data.slopes) });
  }
  return opened.get(layer);
}
