declare module "*?raw" {
  const value: string;
  export default value;
}
