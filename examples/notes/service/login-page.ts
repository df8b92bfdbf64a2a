/** The page of the sign-in provider. `refused`: a name that was given and cannot be taken. */
export function loginPage(action: string, refused?: string): string {
  const fault = refused === undefined ? '' : '<p id="fault" role="alert">A name has 1 to 40 characters.</p>';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Who are you?</title>
<style>
  :root { color-scheme: light dark; --accent: light-dark(#4a5bd0, #a9b4ff); --line: light-dark(#8b8d98, #777b88); }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100dvh; display: grid; place-items: center; padding: 1.5rem;
    font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#f6f6f9, #16171c); color: light-dark(#1d1e26, #ecedf2); }
  main { width: 100%; max-width: 24rem; padding: 2rem; border-radius: 1.25rem; background: light-dark(#fff, #1f2027); }
  h1 { margin: 0 0 .25rem; font-size: 1.6rem; letter-spacing: -.02em; }
  p { margin: 0 0 1.5rem; color: light-dark(#5b5d6b, #a9abb8); }
  #fault { color: light-dark(#a3271f, #ffb4ab); }
  label { display: block; font-weight: 600; }
  input, button { width: 100%; margin-top: .5rem; padding: .7rem .9rem; border-radius: .7rem; font: inherit; }
  input { border: 1px solid var(--line); background: none; color: inherit; }
  button { border: 0; background: var(--accent); color: light-dark(#fff, #14162b); font-weight: 600; cursor: pointer; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
</style>
<main>
  <h1>Who are you?</h1>
  <p>A sign-in for trying things out: it believes any name, and asks for no password.</p>
  ${fault}
  <form method="post" action="${escaped(action)}">
    <label for="name">Your name</label>
    <input id="name" name="name" value="${escaped(refused ?? '')}" required maxlength="40" autocomplete="username" autofocus>
    <button>Sign in</button>
  </form>
</main>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
