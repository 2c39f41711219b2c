// The description of the interface, to be tried out; nothing is asked of any other site.
const place = document.getElementById("interface");
SwaggerUIBundle({ url: place.dataset.url, dom_id: "#interface", validatorUrl: "none" });
