// GraphiQL for the server that sends this page. Where it has a token, people enter it in the headers editor.
const WELCOME = `# Where the server asks for a token, write it into Headers below and fetch the schema again:
#   {"Authorization": "Bearer TOKEN"}

{
  patients { total nodes { patientID } }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    defaultQuery: WELCOME,
    defaultEditorToolsVisibility: "headers",
  }),
);
