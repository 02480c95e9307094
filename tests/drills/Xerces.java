import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import javax.xml.validation.Validator;
import org.w3c.dom.ls.LSInput;
import org.w3c.dom.ls.LSResourceResolver;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

/**
 * Judges documents as Apache Xerces does. On stdin, for each document: a line with the path of its schema, a line with
 * its length in bytes, and that many bytes. On stdout, for each: `valid`, or `invalid` and the clause that was broken.
 */
public final class Xerces implements ErrorHandler {
    private String first;

    public static void main(String[] arguments) throws Exception {
        SchemaFactory factory = SchemaFactory.newInstance(
            XMLConstants.W3C_XML_SCHEMA_NS_URI, "org.apache.xerces.jaxp.validation.XMLSchemaFactory", null);
        Map<String, Schema> schemas = new HashMap<>();
        DataInputStream asked = new DataInputStream(new BufferedInputStream(System.in, 1 << 20));
        for (String path = line(asked); path != null; path = line(asked)) {
            Schema schema = schemas.get(path);
            if (schema == null) {
                schema = factory.newSchema(new File(path));
                schemas.put(path, schema);
            }
            byte[] document = new byte[Integer.parseInt(line(asked))];
            asked.readFully(document);
            System.out.println(new Xerces().judged(schema.newValidator(), document));
        }
    }

    private static String line(DataInputStream asked) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        for (int one = asked.read(); one != '\n'; one = asked.read()) {
            if (one < 0) {
                return null;
            }
            read.write(one);
        }
        return read.toString(StandardCharsets.UTF_8);
    }

    private String judged(Validator validator, byte[] document) throws IOException {
        validator.setErrorHandler(this);
        validator.setResourceResolver(new Nothing());
        try {
            validator.validate(new StreamSource(new ByteArrayInputStream(document)));
        } catch (SAXException | IOException | SecurityException broken) {
            note(broken.getMessage());
        }
        return first == null ? "valid" : "invalid\t" + first.replaceAll("[\\s]+", " ");
    }

    private void note(String message) {
        if (first == null) {
            first = String.valueOf(message).split(":", 2)[0];
        }
    }

    @Override
    public void warning(SAXParseException complaint) {
        // a warning is no verdict
    }

    @Override
    public void error(SAXParseException complaint) {
        note(complaint.getMessage());
    }

    @Override
    public void fatalError(SAXParseException complaint) {
        note(complaint.getMessage());
    }

    /** An address is a name and is never fetched: a document that needs what lies elsewhere is not judged. */
    private static final class Nothing implements LSResourceResolver {
        @Override
        public LSInput resolveResource(String type, String namespace, String publicId, String systemId, String base) {
            throw new SecurityException("a document reaches out");
        }
    }
}
