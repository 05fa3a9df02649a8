import java.nio.file.Path;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/** A Neo4j Community server with Bolt on 127.0.0.1, without sign-in. Arguments: home directory, port. Ends with its standard input. */
public class Neo4j {
    public static void main(String[] arguments) throws Exception {
        DatabaseManagementService server =
                new DatabaseManagementServiceBuilder(Path.of(arguments[0]))
                        .setConfig(BoltConnector.enabled, true)
                        .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", Integer.parseInt(arguments[1])))
                        .setConfig(GraphDatabaseSettings.pagecache_memory, 256L << 20)
                        .build();
        System.out.println("READY");
        System.in.transferTo(java.io.OutputStream.nullOutputStream());
        server.shutdown();
    }
}
