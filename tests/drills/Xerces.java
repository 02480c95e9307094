import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import javax.xml.validation.Validator;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

/** Judges documents as Apache Xerces does: schema as argument, files on stdin, one line with the verdict for each. */
public final class Xerces implements ErrorHandler {
    private String first;

    public static void main(String[] arguments) throws Exception {
        SchemaFactory factory = SchemaFactory.newInstance(
            XMLConstants.W3C_XML_SCHEMA_NS_URI, "org.apache.xerces.jaxp.validation.XMLSchemaFactory", null);
        Schema schema = factory.newSchema(new File(arguments[0]));
        BufferedReader files = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String file = files.readLine(); file != null; file = files.readLine()) {
            Xerces seen = new Xerces();
            Validator validator = schema.newValidator();
            validator.setErrorHandler(seen);
            try {
                validator.validate(new StreamSource(new File(file)));
            } catch (SAXException broken) {
                seen.note(broken.getMessage());
            }
            System.out.println(file + "\t" + (seen.first == null ? "valid" : "invalid\t" + seen.first));
        }
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
}
