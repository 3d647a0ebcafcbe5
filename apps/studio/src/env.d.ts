// What Vite makes of an import that is no module of ours.
declare module '*?worker&url' {
  const url: string;
  export default url;
}
declare module '*?url' {
  const url: string;
  export default url;
}
declare module '*.css';
