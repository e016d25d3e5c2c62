-- A shop: who buys, what there is, where it lies, what was ordered, paid and sent.

CREATE SCHEMA shop;
CREATE SCHEMA audit;

SET search_path TO shop, public;

CREATE TYPE order_state AS ENUM (
    'draft',
    'placed',
    'paid',
    'packed',
    'sent',
    'delivered',
    'cancelled',
    'returned'
);

CREATE TYPE payment_state AS ENUM (
    'pending',
    'authorised',
    'captured',
    'failed',
    'refunded'
);

CREATE TYPE payment_method AS ENUM (
    'card',
    'transfer',
    'voucher',
    'invoice'
);

CREATE TYPE shipment_state AS ENUM (
    'waiting',
    'labelled',
    'collected',
    'delivered',
    'lost'
);

CREATE TYPE movement_reason AS ENUM (
    'received',
    'sold',
    'returned',
    'corrected',
    'broken'
);

CREATE TYPE address_role AS ENUM (
    'billing',
    'delivery'
);

CREATE TYPE ticket_state AS ENUM (
    'open',
    'waiting',
    'solved'
);

CREATE DOMAIN email AS text
    CHECK (VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$');

CREATE DOMAIN money_amount AS numeric(12, 2)
    CHECK (VALUE >= 0);

CREATE DOMAIN currency AS char(3)
    CHECK (VALUE ~ '^[A-Z]{3}$');

CREATE SEQUENCE order_number
    START WITH 100000
    INCREMENT BY 1;

-- Where the shop delivers to.
CREATE TABLE country (
    code char(2) PRIMARY KEY,
    name text NOT NULL UNIQUE,
    vat numeric(4, 2) NOT NULL CHECK (vat >= 0 AND vat < 100),
    is_served boolean NOT NULL DEFAULT true
);

-- Somebody who has bought, or may.
CREATE TABLE customer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email email NOT NULL UNIQUE,
    name text NOT NULL CHECK (length(name) > 0),
    password_hash text,
    is_blocked boolean NOT NULL DEFAULT false,
    points integer NOT NULL DEFAULT 0 CHECK (points >= 0),
    language char(2) NOT NULL DEFAULT 'en',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz
);

-- Where a customer gets mail; one of each role is the usual one.
CREATE TABLE address (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
    role address_role NOT NULL,
    name text NOT NULL,
    street text NOT NULL,
    city text NOT NULL,
    postcode text NOT NULL,
    country char(2) NOT NULL REFERENCES country,
    is_usual boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A tree of shelves.
CREATE TABLE category (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id bigint REFERENCES category,
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]+$'),
    title text NOT NULL,
    position integer NOT NULL DEFAULT 0,
    CHECK (parent_id <> id)
);

-- Who makes things.
CREATE TABLE brand (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    country char(2) REFERENCES country
);

-- What is sold, whatever its size or colour.
CREATE TABLE product (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brand_id bigint REFERENCES brand,
    slug text NOT NULL UNIQUE,
    title text NOT NULL,
    description text NOT NULL DEFAULT '',
    attributes jsonb NOT NULL DEFAULT '{}',
    is_listed boolean NOT NULL DEFAULT false,
    weight_grams integer NOT NULL DEFAULT 0 CHECK (weight_grams >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- On which shelves a product stands.
CREATE TABLE product_category (
    product_id bigint NOT NULL REFERENCES product ON DELETE CASCADE,
    category_id bigint NOT NULL REFERENCES category ON DELETE CASCADE,
    PRIMARY KEY (product_id, category_id)
);

-- A product as it can be ordered.
CREATE TABLE variant (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES product ON DELETE CASCADE,
    sku text NOT NULL UNIQUE,
    colour text,
    size text,
    barcode text UNIQUE,
    is_sold boolean NOT NULL DEFAULT true,
    UNIQUE (product_id, colour, size)
);

-- What a variant costs from a day on.
CREATE TABLE price (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    variant_id bigint NOT NULL REFERENCES variant ON DELETE CASCADE,
    currency currency NOT NULL DEFAULT 'EUR',
    amount money_amount NOT NULL,
    valid_from date NOT NULL DEFAULT current_date,
    UNIQUE (variant_id, currency, valid_from)
);

-- How a product looks.
CREATE TABLE picture (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES product ON DELETE CASCADE,
    path text NOT NULL,
    caption text NOT NULL DEFAULT '',
    position integer NOT NULL DEFAULT 0,
    UNIQUE (product_id, position)
);

-- Where things lie.
CREATE TABLE warehouse (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    city text NOT NULL,
    country char(2) NOT NULL REFERENCES country,
    is_open boolean NOT NULL DEFAULT true
);

-- How many of a variant lie in a warehouse.
CREATE TABLE stock (
    warehouse_id bigint NOT NULL REFERENCES warehouse,
    variant_id bigint NOT NULL REFERENCES variant,
    quantity integer NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    reserved integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    PRIMARY KEY (warehouse_id, variant_id),
    CHECK (reserved <= quantity)
);

-- Each change of a stock; never changed itself.
CREATE TABLE movement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warehouse_id bigint NOT NULL REFERENCES warehouse,
    variant_id bigint NOT NULL REFERENCES variant,
    quantity integer NOT NULL CHECK (quantity <> 0),
    reason movement_reason NOT NULL,
    note text,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What somebody may order.
CREATE TABLE cart (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id bigint REFERENCES customer ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ordered_at timestamptz
);

-- One variant in a cart.
CREATE TABLE cart_line (
    cart_id uuid NOT NULL REFERENCES cart ON DELETE CASCADE,
    variant_id bigint NOT NULL REFERENCES variant,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    PRIMARY KEY (cart_id, variant_id)
);

-- A reduction that is asked for by a word.
CREATE TABLE coupon (
    code text PRIMARY KEY CHECK (code = upper(code)),
    percent integer NOT NULL CHECK (percent BETWEEN 1 AND 100),
    valid_from timestamptz NOT NULL DEFAULT now(),
    valid_to timestamptz,
    uses_left integer CHECK (uses_left >= 0),
    CHECK (valid_to > valid_from)
);

-- What somebody has ordered.
CREATE TABLE customer_order (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number bigint NOT NULL UNIQUE DEFAULT nextval('order_number'),
    customer_id bigint NOT NULL REFERENCES customer,
    billing_id bigint NOT NULL REFERENCES address,
    delivery_id bigint NOT NULL REFERENCES address,
    coupon text REFERENCES coupon,
    state order_state NOT NULL DEFAULT 'draft',
    currency currency NOT NULL DEFAULT 'EUR',
    total money_amount NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    placed_at timestamptz,
    CHECK (state = 'draft' OR placed_at IS NOT NULL)
);

-- One variant of an order, at the price of that day.
CREATE TABLE order_line (
    order_id bigint NOT NULL REFERENCES customer_order ON DELETE CASCADE,
    position integer NOT NULL,
    variant_id bigint NOT NULL REFERENCES variant,
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_price money_amount NOT NULL,
    PRIMARY KEY (order_id, position)
);

-- Money that came, or is to.
CREATE TABLE payment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES customer_order,
    method payment_method NOT NULL,
    state payment_state NOT NULL DEFAULT 'pending',
    amount money_amount NOT NULL,
    reference text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz
);

-- Money that went back.
CREATE TABLE refund (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id bigint NOT NULL REFERENCES payment,
    amount money_amount NOT NULL CHECK (amount > 0),
    why text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Who brings it.
CREATE TABLE carrier (
    code text PRIMARY KEY,
    name text NOT NULL,
    tracking_url text NOT NULL CHECK (tracking_url LIKE 'https://%')
);

-- A parcel.
CREATE TABLE shipment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES customer_order,
    warehouse_id bigint NOT NULL REFERENCES warehouse,
    carrier text NOT NULL REFERENCES carrier,
    state shipment_state NOT NULL DEFAULT 'waiting',
    tracking text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz
);

-- What is in a parcel.
CREATE TABLE shipment_line (
    shipment_id bigint NOT NULL REFERENCES shipment ON DELETE CASCADE,
    order_id bigint NOT NULL,
    position integer NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (shipment_id, order_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_line
);

-- What a customer says of a product.
CREATE TABLE review (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES product ON DELETE CASCADE,
    customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
    stars smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    words text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (product_id, customer_id)
);

-- What a customer would like to have.
CREATE TABLE wish (
    customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
    variant_id bigint NOT NULL REFERENCES variant ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, variant_id)
);

-- A question to the shop.
CREATE TABLE ticket (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customer,
    order_id bigint REFERENCES customer_order,
    state ticket_state NOT NULL DEFAULT 'open',
    subject text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One answer of a ticket.
CREATE TABLE message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    is_ours boolean NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Whom the shop buys from.
CREATE TABLE supplier (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    email email NOT NULL,
    days_to_deliver integer NOT NULL DEFAULT 7 CHECK (days_to_deliver > 0)
);

-- What the shop has ordered itself.
CREATE TABLE purchase (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id bigint NOT NULL REFERENCES supplier,
    warehouse_id bigint NOT NULL REFERENCES warehouse,
    created_at timestamptz NOT NULL DEFAULT now(),
    expected_on date,
    arrived_at timestamptz
);

-- One variant of it.
CREATE TABLE purchase_line (
    purchase_id bigint NOT NULL REFERENCES purchase ON DELETE CASCADE,
    variant_id bigint NOT NULL REFERENCES variant,
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_cost money_amount NOT NULL,
    PRIMARY KEY (purchase_id, variant_id)
);

-- Somebody has counted.
CREATE TABLE stocktake (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warehouse_id bigint NOT NULL REFERENCES warehouse,
    counted_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What was there.
CREATE TABLE stocktake_line (
    stocktake_id bigint NOT NULL REFERENCES stocktake ON DELETE CASCADE,
    variant_id bigint NOT NULL REFERENCES variant,
    counted integer NOT NULL CHECK (counted >= 0),
    PRIMARY KEY (stocktake_id, variant_id)
);

-- A session of a customer in a browser.
CREATE TABLE login (
    token uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL DEFAULT now() + interval '30 days'
);

-- What the shop says of itself.
CREATE TABLE page (
    slug text PRIMARY KEY,
    title text NOT NULL,
    body text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- What was changed, by whom, and what it was before.
CREATE TABLE audit.change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    table_name text NOT NULL,
    operation text NOT NULL,
    row_before jsonb,
    row_after jsonb,
    who text NOT NULL DEFAULT current_user
);

CREATE INDEX address_customer_id ON address (customer_id);
CREATE INDEX address_country ON address (country);
CREATE INDEX category_parent_id ON category (parent_id);
CREATE INDEX product_brand_id ON product (brand_id);
CREATE INDEX product_category_category_id ON product_category (category_id);
CREATE INDEX variant_product_id ON variant (product_id);
CREATE INDEX price_variant_id ON price (variant_id);
CREATE INDEX stock_variant_id ON stock (variant_id);
CREATE INDEX movement_variant_id_created_at ON movement (variant_id, created_at);
CREATE INDEX cart_customer_id ON cart (customer_id);
CREATE INDEX customer_order_customer_id ON customer_order (customer_id);
CREATE INDEX customer_order_state_placed_at ON customer_order (state, placed_at);
CREATE INDEX order_line_variant_id ON order_line (variant_id);
CREATE INDEX payment_order_id ON payment (order_id);
CREATE INDEX refund_payment_id ON refund (payment_id);
CREATE INDEX shipment_order_id ON shipment (order_id);
CREATE INDEX review_product_id ON review (product_id);
CREATE INDEX ticket_customer_id ON ticket (customer_id);
CREATE INDEX message_ticket_id_created_at ON message (ticket_id, created_at);
CREATE UNIQUE INDEX address_usual ON address (customer_id, role) WHERE is_usual;
CREATE INDEX product_attributes ON product USING gin (attributes);
CREATE INDEX product_words ON product USING gin (to_tsvector('english', title || ' ' || description));
CREATE INDEX audit_change_table ON audit.change (table_name, happened_at);

-- The price of a variant on a day; null where it has none yet.
CREATE FUNCTION price_on(variant bigint, money char(3), day date) RETURNS numeric
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT amount FROM price
        WHERE variant_id = variant AND currency = money AND valid_from <= day
        ORDER BY valid_from DESC LIMIT 1;
    END;

-- What an order comes to, with its coupon.
CREATE FUNCTION order_total(wanted bigint) RETURNS numeric
    LANGUAGE sql STABLE
AS $$
    SELECT round(
        coalesce(sum(line.quantity * line.unit_price), 0)
        * (100 - coalesce(max(coupon.percent), 0)) / 100, 2)
    FROM customer_order AS o
    LEFT JOIN order_line AS line ON line.order_id = o.id
    LEFT JOIN coupon ON coupon.code = o.coupon
    WHERE o.id = wanted
$$;

CREATE FUNCTION keep_total() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
DECLARE
    wanted bigint := coalesce(NEW.order_id, OLD.order_id);
BEGIN
    UPDATE customer_order SET total = order_total(wanted) WHERE id = wanted;
    RETURN NULL;  -- it is told after the fact; nobody reads what is returned
END;
$body$;

CREATE TRIGGER order_line_total
    AFTER INSERT OR UPDATE OR DELETE ON order_line
    FOR EACH ROW EXECUTE FUNCTION keep_total();

CREATE FUNCTION move_stock() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
BEGIN
    UPDATE stock SET quantity = quantity + NEW.quantity
    WHERE warehouse_id = NEW.warehouse_id AND variant_id = NEW.variant_id;
    IF NOT FOUND THEN
        INSERT INTO stock (warehouse_id, variant_id, quantity)
        VALUES (NEW.warehouse_id, NEW.variant_id, NEW.quantity);
    END IF;
    RETURN NEW;
EXCEPTION
    WHEN check_violation THEN
        RAISE EXCEPTION 'not enough of variant % in warehouse %; % were asked for',
            NEW.variant_id, NEW.warehouse_id, -NEW.quantity;
END;
$body$;

CREATE TRIGGER movement_stock
    BEFORE INSERT ON movement
    FOR EACH ROW EXECUTE FUNCTION move_stock();

CREATE FUNCTION audit.note() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
BEGIN
    INSERT INTO audit.change (table_name, operation, row_before, row_after)
    VALUES (
        TG_TABLE_NAME,
        TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END;
$body$;

CREATE TRIGGER customer_audit
    AFTER INSERT OR UPDATE OR DELETE ON customer
    FOR EACH ROW EXECUTE FUNCTION audit.note();

CREATE TRIGGER customer_order_audit
    AFTER INSERT OR UPDATE OR DELETE ON customer_order
    FOR EACH ROW EXECUTE FUNCTION audit.note();

CREATE TRIGGER payment_audit
    AFTER INSERT OR UPDATE OR DELETE ON payment
    FOR EACH ROW EXECUTE FUNCTION audit.note();

CREATE TRIGGER refund_audit
    AFTER INSERT OR UPDATE OR DELETE ON refund
    FOR EACH ROW EXECUTE FUNCTION audit.note();

CREATE TRIGGER price_audit
    AFTER INSERT OR UPDATE OR DELETE ON price
    FOR EACH ROW EXECUTE FUNCTION audit.note();

CREATE VIEW listed_variant AS
SELECT
    variant.id,
    variant.sku,
    product.title,
    brand.name AS brand,
    price_on(variant.id, 'EUR', current_date) AS price,
    coalesce(sum(stock.quantity - stock.reserved), 0) AS available
FROM variant
JOIN product ON product.id = variant.product_id
LEFT JOIN brand ON brand.id = product.brand_id
LEFT JOIN stock ON stock.variant_id = variant.id
WHERE product.is_listed AND variant.is_sold
GROUP BY variant.id, product.title, brand.name;

CREATE VIEW unpaid_order AS
SELECT o.id, o.number, o.customer_id, o.total, o.placed_at
FROM customer_order AS o
WHERE o.state = 'placed'
  AND NOT EXISTS (
    SELECT FROM payment WHERE payment.order_id = o.id AND payment.state IN ('captured', 'refunded')
  );

CREATE MATERIALIZED VIEW product_rating AS
SELECT product_id, count(*) AS reviews, round(avg(stars), 1) AS stars
FROM review
GROUP BY product_id;

CREATE UNIQUE INDEX product_rating_product ON product_rating (product_id);

-- What every shop begins with; a semicolon; in a text ends nothing.
COPY country (code, name, vat) FROM STDIN;
AT	Austria	20.00
BE	Belgium	21.00
CH	Switzerland	8.10
DE	Germany	19.00
DK	Denmark	25.00
ES	Spain	21.00
FR	France	20.00
IT	Italy	22.00
NL	Netherlands	21.00
PL	Poland	23.00
\.

INSERT INTO carrier (code, name, tracking_url) VALUES
    ('post', 'The post; slow', 'https://post.example.invalid/track/'),
    ('bike', 'Bicycles -- fast', 'https://bike.example.invalid/t?'),
    ('van', 'Vans, everybody''s', 'https://van.example.invalid/');

INSERT INTO warehouse (code, city, country) VALUES
    ('north', 'Hamburg', 'DE'),
    ('south', 'Graz', 'AT');

INSERT INTO category (slug, title, position) VALUES
    ('tea', 'Tea', 1),
    ('pots', 'Pots', 2);

INSERT INTO brand (slug, name, country) VALUES ('leaf', 'Leaf & Sons', 'DE');
