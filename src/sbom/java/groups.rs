//! Groups of well-known artifacts that are not built by Maven, or were before it put its files into archives. What is here is a fact: the
//! group under which Maven Central has the artifact. Artifacts that changed their group, or share a name with others, are not here.

/// A group and its artifacts, with blanks between them.
const GROUPS: &[(&str, &str)] = &[
    (
        "org.springframework",
        "spring spring-aop spring-aspects spring-beans spring-context spring-context-indexer spring-context-support spring-core \
         spring-core-test spring-expression spring-instrument spring-jcl spring-jdbc spring-jms spring-messaging spring-orm spring-oxm \
         spring-r2dbc spring-test spring-tx spring-web spring-webflux spring-webmvc spring-webmvc-portlet spring-websocket",
    ),
    (
        "org.springframework.boot",
        "spring-boot spring-boot-actuator spring-boot-actuator-autoconfigure spring-boot-autoconfigure spring-boot-configuration-processor \
         spring-boot-devtools spring-boot-docker-compose spring-boot-jarmode-layertools spring-boot-jarmode-tools spring-boot-loader \
         spring-boot-loader-classic spring-boot-loader-tools spring-boot-properties-migrator spring-boot-starter spring-boot-starter-activemq \
         spring-boot-starter-actuator spring-boot-starter-amqp spring-boot-starter-aop spring-boot-starter-batch spring-boot-starter-cache \
         spring-boot-starter-data-jdbc spring-boot-starter-data-jpa spring-boot-starter-data-mongodb spring-boot-starter-data-redis \
         spring-boot-starter-data-rest spring-boot-starter-freemarker spring-boot-starter-graphql spring-boot-starter-hateoas \
         spring-boot-starter-integration spring-boot-starter-jdbc spring-boot-starter-jersey spring-boot-starter-jetty \
         spring-boot-starter-json spring-boot-starter-log4j2 spring-boot-starter-logging spring-boot-starter-mail \
         spring-boot-starter-mustache spring-boot-starter-oauth2-client spring-boot-starter-oauth2-resource-server \
         spring-boot-starter-quartz spring-boot-starter-reactor-netty spring-boot-starter-security spring-boot-starter-test \
         spring-boot-starter-thymeleaf spring-boot-starter-tomcat spring-boot-starter-undertow spring-boot-starter-validation \
         spring-boot-starter-web spring-boot-starter-webflux spring-boot-starter-websocket spring-boot-test \
         spring-boot-test-autoconfigure",
    ),
    (
        "org.springframework.security",
        "spring-security-acl spring-security-aspects spring-security-cas spring-security-config spring-security-core spring-security-crypto \
         spring-security-data spring-security-ldap spring-security-messaging spring-security-oauth2-client spring-security-oauth2-core \
         spring-security-oauth2-jose spring-security-oauth2-resource-server spring-security-remoting spring-security-rsocket \
         spring-security-saml2-service-provider spring-security-taglibs spring-security-test spring-security-web",
    ),
    (
        "org.springframework.data",
        "spring-data-cassandra spring-data-commons spring-data-couchbase spring-data-elasticsearch spring-data-envers spring-data-jdbc \
         spring-data-jpa spring-data-keyvalue spring-data-ldap spring-data-mongodb spring-data-neo4j spring-data-r2dbc spring-data-redis \
         spring-data-relational spring-data-rest-core spring-data-rest-webmvc",
    ),
    (
        "org.springframework.cloud",
        "spring-cloud-bus spring-cloud-commons spring-cloud-config-client spring-cloud-config-server spring-cloud-context \
         spring-cloud-function-context spring-cloud-function-core spring-cloud-function-web spring-cloud-gateway-server \
         spring-cloud-netflix-eureka-client spring-cloud-openfeign-core spring-cloud-starter spring-cloud-starter-gateway \
         spring-cloud-starter-openfeign spring-cloud-stream",
    ),
    ("org.springframework.batch", "spring-batch-core spring-batch-infrastructure spring-batch-integration"),
    ("org.springframework.amqp", "spring-amqp spring-rabbit"),
    ("org.springframework.kafka", "spring-kafka spring-kafka-test"),
    ("org.springframework.integration", "spring-integration-core spring-integration-file spring-integration-http"),
    ("org.springframework.session", "spring-session-core spring-session-data-redis spring-session-jdbc"),
    ("org.springframework.hateoas", "spring-hateoas"),
    ("org.springframework.retry", "spring-retry"),
    ("org.springframework.ws", "spring-ws-core spring-ws-security spring-ws-support spring-xml"),
    ("org.springframework.ldap", "spring-ldap-core"),
    ("org.springframework.plugin", "spring-plugin-core"),
    (
        "org.apache.tomcat.embed",
        "tomcat-embed-core tomcat-embed-el tomcat-embed-jasper tomcat-embed-programmatic tomcat-embed-websocket",
    ),
    (
        "org.apache.tomcat",
        "tomcat-annotations-api tomcat-api tomcat-catalina tomcat-catalina-ha tomcat-coyote tomcat-dbcp tomcat-el-api tomcat-jasper \
         tomcat-jasper-el tomcat-jaspic-api tomcat-jdbc tomcat-jni tomcat-jsp-api tomcat-juli tomcat-servlet-api tomcat-tribes tomcat-util \
         tomcat-util-scan tomcat-websocket tomcat-websocket-api",
    ),
    (
        "org.eclipse.jetty",
        "jetty-alpn-client jetty-alpn-server jetty-annotations jetty-client jetty-continuation jetty-deploy jetty-http jetty-io jetty-jaas \
         jetty-jmx jetty-jndi jetty-plus jetty-proxy jetty-rewrite jetty-security jetty-server jetty-servlet jetty-servlets jetty-session \
         jetty-util jetty-util-ajax jetty-webapp jetty-xml",
    ),
    ("com.h2database", "h2 h2-mvstore"),
    ("commons-beanutils", "commons-beanutils"),
    ("commons-chain", "commons-chain"),
    ("commons-cli", "commons-cli"),
    ("commons-codec", "commons-codec"),
    ("commons-collections", "commons-collections"),
    ("commons-configuration", "commons-configuration"),
    ("commons-daemon", "commons-daemon"),
    ("commons-dbcp", "commons-dbcp"),
    ("commons-dbutils", "commons-dbutils"),
    ("commons-digester", "commons-digester"),
    ("commons-discovery", "commons-discovery"),
    ("commons-el", "commons-el"),
    ("commons-fileupload", "commons-fileupload"),
    ("commons-httpclient", "commons-httpclient"),
    ("commons-io", "commons-io"),
    ("commons-jxpath", "commons-jxpath"),
    ("commons-lang", "commons-lang"),
    ("commons-logging", "commons-logging commons-logging-api"),
    ("commons-net", "commons-net"),
    ("commons-pool", "commons-pool"),
    ("commons-validator", "commons-validator"),
    (
        "org.apache.commons",
        "commons-collections4 commons-compress commons-configuration2 commons-crypto commons-csv commons-dbcp2 commons-email commons-exec \
         commons-imaging commons-jexl3 commons-lang3 commons-math3 commons-pool2 commons-rng-simple commons-text commons-vfs2",
    ),
    ("com.google.inject", "guice"),
    (
        "com.google.inject.extensions",
        "guice-assistedinject guice-grapher guice-jmx guice-jndi guice-multibindings guice-persist guice-servlet guice-spring \
         guice-throwingproviders",
    ),
    ("com.google.guava", "guava guava-testlib failureaccess listenablefuture"),
    ("com.google.code.gson", "gson"),
    ("com.google.protobuf", "protobuf-java protobuf-java-util"),
    ("com.google.code.findbugs", "jsr305"),
    ("aopalliance", "aopalliance"),
    ("org.ow2.asm", "asm-analysis asm-commons asm-tree asm-util"),
    ("cglib", "cglib cglib-nodep"),
    ("antlr", "antlr"),
    ("org.antlr", "antlr4 antlr4-runtime antlr-runtime stringtemplate"),
    ("dom4j", "dom4j"),
    ("jaxen", "jaxen"),
    ("xerces", "xercesImpl"),
    ("xml-apis", "xml-apis"),
    ("xalan", "xalan"),
    ("log4j", "log4j apache-log4j-extras"),
    (
        "org.apache.logging.log4j",
        "log4j-1.2-api log4j-api log4j-core log4j-jcl log4j-jul log4j-slf4j-impl log4j-slf4j2-impl log4j-web",
    ),
    (
        "org.slf4j",
        "jcl-over-slf4j jul-to-slf4j log4j-over-slf4j slf4j-api slf4j-jdk14 slf4j-log4j12 slf4j-nop slf4j-simple",
    ),
    ("ch.qos.logback", "logback-access logback-classic logback-core"),
    ("junit", "junit"),
    ("org.hamcrest", "hamcrest hamcrest-core hamcrest-library"),
    ("org.mockito", "mockito-core mockito-inline mockito-junit-jupiter"),
    ("javax.servlet", "javax.servlet-api"),
    ("javax.inject", "javax.inject"),
    ("org.apache.kafka", "connect-api connect-json connect-runtime kafka-clients kafka-streams kafka-tools"),
    ("org.hibernate", "hibernate-commons-annotations"),
    ("org.hibernate.orm", "hibernate-community-dialects hibernate-hikaricp hibernate-jcache"),
    (
        "org.jetbrains.kotlin",
        "kotlin-reflect kotlin-script-runtime kotlin-stdlib kotlin-stdlib-common kotlin-stdlib-jdk7 kotlin-stdlib-jdk8",
    ),
    ("org.scala-lang", "scala-compiler scala-library scala-reflect"),
    (
        "io.micrometer",
        "micrometer-commons micrometer-core micrometer-jakarta9 micrometer-observation micrometer-registry-prometheus",
    ),
    ("io.projectreactor", "reactor-core reactor-test"),
    ("io.projectreactor.netty", "reactor-netty reactor-netty-core reactor-netty-http"),
    ("com.squareup.okio", "okio okio-jvm"),
    ("org.codehaus.groovy", "groovy-all"),
    (
        "org.bouncycastle",
        "bcmail-jdk15on bcpg-jdk15on bcpg-jdk18on bcpkix-jdk15on bcpkix-jdk18on bcprov-jdk15on bcprov-jdk18on bcutil-jdk18on",
    ),
    ("net.bytebuddy", "byte-buddy byte-buddy-agent"),
    ("org.aspectj", "aspectjrt aspectjweaver"),
    ("mysql", "mysql-connector-java"),
    ("com.mysql", "mysql-connector-j"),
    ("com.oracle.database.jdbc", "ojdbc10 ojdbc11 ojdbc8"),
    ("com.microsoft.sqlserver", "mssql-jdbc"),
    ("org.xerial", "sqlite-jdbc"),
    ("org.xerial.snappy", "snappy-java"),
    ("com.github.luben", "zstd-jni"),
    ("org.lz4", "lz4-java"),
    ("net.java.dev.jna", "jna jna-platform"),
    ("org.elasticsearch", "elasticsearch elasticsearch-core elasticsearch-x-content"),
    (
        "org.apache.lucene",
        "lucene-analysis-common lucene-analyzers-common lucene-core lucene-queries lucene-queryparser lucene-sandbox",
    ),
    ("org.apache.ant", "ant ant-launcher"),
    ("org.yaml", "snakeyaml"),
    ("org.projectlombok", "lombok"),
    ("org.mongodb", "bson mongodb-driver-core mongodb-driver-sync mongo-java-driver"),
    ("io.grpc", "grpc-api grpc-core grpc-netty grpc-netty-shaded grpc-protobuf grpc-stub"),
    ("com.thoughtworks.xstream", "xstream"),
    ("struts", "struts"),
    ("org.apache.struts", "struts2-core"),
    ("velocity", "velocity"),
    ("joda-time", "joda-time"),
    ("com.mchange", "mchange-commons-java"),
    ("org.hsqldb", "hsqldb"),
    ("org.apache.derby", "derby derbyclient derbynet"),
];

/// Returns the group of a well-known artifact.
pub(super) fn of(artifact: &str) -> Option<&'static str> {
    let has = |artifacts: &str| artifacts.split(' ').any(|own| own == artifact);
    GROUPS.iter().find(|(_, artifacts)| has(artifacts)).map(|(group, _)| *group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_artifact_has_one_group() {
        let mut all: Vec<&str> = GROUPS.iter().flat_map(|(_, artifacts)| artifacts.split(' ')).collect();
        let count = all.len();
        assert!(count > 200 && all.iter().all(|artifact| !artifact.is_empty()), "{count}");
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
