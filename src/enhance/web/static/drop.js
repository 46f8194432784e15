// <photo-drop>: how pictures come in. Dropped or pasted anywhere, chosen, taken by the webcam, or one of the samples.
import { h } from "./dom.js";

/** Hands over what is dropped or pasted anywhere on the page. */
export function watch(take) {
	for (const kind of ["dragenter", "dragover"])
		addEventListener(kind, event => {
			event.preventDefault();
			document.body.classList.add("over");
		});
	addEventListener("dragleave", event => {
		if (!event.relatedTarget) document.body.classList.remove("over");
	});
	const given = files => {
		if (files.length) take([...files]);
	};
	addEventListener("drop", event => {
		event.preventDefault();
		document.body.classList.remove("over");
		given(event.dataTransfer.files);
	});
	addEventListener("paste", event => given(event.clipboardData.files));
}

class PhotoDrop extends HTMLElement {
	connectedCallback() {
		const many = this.hasAttribute("many"),
			samples = [...this.querySelectorAll("[data-sample]")];
		for (const sample of samples) {
			sample.addEventListener("click", async () => {
				const name = sample.dataset.sample,
					blob = await (await fetch(new URL(`samples/${name}`, import.meta.url))).blob();
				this.give([new File([blob], name, { type: blob.type })], sample.dataset);
			});
		}
		const pick = h("input", {
			id: "pick",
			className: "hidden",
			type: "file",
			accept: "image/*",
			multiple: many,
			onchange: () => {
				this.give([...pick.files]);
				pick.value = "";
			},
		});
		this.webcam = h("button", { id: "webcam", type: "button", onclick: () => this.snapshot() }, "Use the webcam");
		this.camera = h("video", { id: "camera", hidden: true, muted: true, playsInline: true, "aria-label": "What the webcam sees" });
		this.prepend(
			h("p", {}, h("strong", {}, this.getAttribute("what") ?? "Drop a photo"), ", paste one, or"),
			h(
				"div",
				{ className: "row centre" },
				h("label", { className: "button main", htmlFor: "pick" }, many ? "Choose photos" : "Choose a photo"),
				pick,
				navigator.mediaDevices?.getUserMedia && this.webcam,
			),
			this.camera,
		); // over plain http there is no webcam
		watch(files => this.give(files));
	}

	give(files, sample = null) {
		if (files.length) this.dispatchEvent(new CustomEvent("photos", { detail: { files, sample } }));
	}

	async snapshot() {
		const { camera, webcam } = this;
		if (!camera.srcObject) {
			try {
				camera.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
			} catch {
				webcam.textContent = "No webcam may be used";
				return;
			}
			camera.hidden = false;
			await camera.play();
			webcam.textContent = "Take the picture";
			return;
		}
		const canvas = h("canvas", { width: camera.videoWidth, height: camera.videoHeight });
		canvas.getContext("2d").drawImage(camera, 0, 0);
		for (const track of camera.srcObject.getTracks()) track.stop();
		camera.srcObject = null;
		camera.hidden = true;
		webcam.textContent = "Use the webcam";
		this.give([new File([await new Promise(done => canvas.toBlob(done))], "webcam.png", { type: "image/png" })]);
	}
}

customElements.define("photo-drop", PhotoDrop);
