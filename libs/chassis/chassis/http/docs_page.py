"""The page at `/docs`: self-contained, made in the browser from `/openapi.json`, so it works without a network."""

PAGE = r"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>API</title>
<style>
  body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem }
  h2 { border-bottom: 1px solid #ccc; margin-top: 2rem }
  summary { cursor: pointer; padding: .3rem 0 }
  details { border-bottom: 1px solid #eee }
  .method { display: inline-block; font: bold 13px monospace; min-width: 4.5rem }
  .get { color: #0a6 } .post { color: #06c } .put, .patch { color: #a60 } .delete { color: #c00 }
  code, pre, textarea, input { font: 13px/1.4 monospace }
  pre { background: #f6f6f6; overflow: auto; padding: .6rem }
  textarea, input { box-sizing: border-box; width: 100% }
  table { border-collapse: collapse; width: 100% }
  td { border-top: 1px solid #eee; padding: .2rem .6rem .2rem 0; vertical-align: top }
</style>
<h1 id="title">API</h1>
<p id="description"></p>
<p><a href="/openapi.json">openapi.json</a></p>
<p><label>Bearer token 令牌 <input id="token" type="password" autocomplete="off"></label></p>
<div id="routes">Loading…</div>
<script>
"use strict";
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const inline = (document_, schema, seen = []) => {
  if (Array.isArray(schema)) return schema.map(item => inline(document_, item, seen));
  if (schema === null || typeof schema !== "object") return schema;
  if (schema.$ref) {
    if (seen.includes(schema.$ref)) return schema.$ref;
    const target = schema.$ref.split("/").slice(1).reduce((at, step) => at[step], document_);
    return inline(document_, target, [...seen, schema.$ref]);
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inline(document_, value, seen)]));
};
const attempt = (path, method, parameters, hasBody) => {
  const field = parameter => element("input", { placeholder: `${parameter.name} (${parameter.in})` });
  const fields = parameters.map(parameter => [parameter, field(parameter)]);
  const body = element("textarea", { rows: 6, placeholder: "{ }" });
  const output = element("pre", { hidden: true });
  const send = element("button", { textContent: "Send 发送" });
  send.onclick = async () => {
    const headers = {};
    const query = new URLSearchParams();
    let address = path;
    for (const [parameter, input] of fields) {
      if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value && parameter.in === "query") query.append(parameter.name, input.value);
      else if (input.value) headers[parameter.name] = input.value;
    }
    const token = document.getElementById("token").value.trim();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (hasBody) headers["Content-Type"] = "application/json";
    const target = query.size ? `${address}?${query}` : address;
    output.hidden = false;
    try {
      const content = hasBody ? body.value : undefined;
      const answer = await fetch(target, { method: method.toUpperCase(), headers, body: content });
      output.textContent = `${answer.status} ${answer.statusText}\n\n${await answer.text()}`;
    } catch (failure) {
      output.textContent = String(failure);
    }
  };
  return element("div", {}, ...fields.map(([, input]) => input), ...(hasBody ? [body] : []), send, output);
};
const operation = (document_, path, method, declared) => {
  const parameters = (declared.parameters || []).map(parameter => inline(document_, parameter));
  const content = declared.requestBody?.content || {};
  const box = element("details", {}, element("summary", {},
    element("span", { className: `method ${method}`, textContent: method.toUpperCase() }),
    element("code", { textContent: path }), ` ${declared.summary}`));
  box.append(element("p", { textContent: declared.description }));
  if (parameters.length) box.append(element("table", {}, ...parameters.map(parameter => element("tr", {},
    element("td", {}, element("code", { textContent: parameter.name })), element("td", { textContent: parameter.in }),
    element("td", { textContent: [parameter.schema?.type, parameter.description].filter(Boolean).join(" · ") })))));
  for (const [type, media] of Object.entries(content))
    box.append(
      element("p", { textContent: `Body: ${type}` }),
      element("pre", { textContent: JSON.stringify(inline(document_, media.schema || {}), null, 1) }));
  box.append(element("table", {}, ...Object.entries(declared.responses).map(([status, response]) => element("tr", {},
    element("td", { textContent: status }), element("td", { textContent: response.description })))));
  box.append(attempt(path, method, parameters, "application/json" in content));
  return box;
};
fetch("/openapi.json").then(answer => answer.json()).then(document_ => {
  document.title = document.getElementById("title").textContent = document_.info.title;
  document.getElementById("description").textContent = document_.info.description || "";
  const groups = new Map();
  for (const [path, methods] of Object.entries(document_.paths))
    for (const [method, declared] of Object.entries(methods)) {
      const tag = declared.tags[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operation(document_, path, method, declared));
    }
  document.getElementById("routes").replaceChildren(
    ...[...groups].flatMap(([tag, boxes]) => [element("h2", { textContent: tag }), ...boxes]));
});
</script>
</html>
"""
