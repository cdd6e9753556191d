// How does the desk stay in sight above other programs? In a small window on top, where the browser has such windows.
import { desk, root, update } from "./state.js";

export const hasSmallWindow = () => "documentPictureInPicture" in window && !documentPictureInPicture.window;

export async function openSmallWindow(onKey) {
  const home = root.parentNode;
  const small = await documentPictureInPicture.requestWindow({ width: 340, height: 660 });
  document.querySelectorAll("link[rel=stylesheet]").forEach((sheet) => small.document.head.append(sheet.cloneNode()));
  small.document.documentElement.lang = document.documentElement.lang;
  small.document.documentElement.className = document.documentElement.className;
  small.document.body.append(root);
  small.addEventListener("keydown", onKey);
  small.addEventListener("pagehide", () => {
    desk.dialog = null;
    home.prepend(root);
    update();
  });
  update();
}
